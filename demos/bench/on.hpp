// SPDX-License-Identifier: BSL-1.0
/// The surroundings of a measured loop.
#pragma once

#include <chrono>
#include <coir/coir.hpp>
#include <utility>

#include "floor.hpp"

namespace demos::bench {

/// Runs `body` on coir as a program would meet it: with a timer far ahead in the loop.
template <class Body>
void on_coir(benchmark::State& state, Body&& body) {
  bracket const floor(state);
  coir::run([&] {
    auto const far = coir::spawn([] { coir::sleep_for(std::chrono::hours(1)); });
    coir::yield();
    body();
  });
}

}  // namespace demos::bench
