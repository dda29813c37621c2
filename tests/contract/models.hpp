// SPDX-License-Identifier: BSL-1.0
/// The models a contract test runs on, and a fixture in virtual time.

#pragma once

#include <chrono>
#include <utility>

#include <gtest/gtest.h>

#include <coir/coir.hpp>

namespace contract {

using namespace std::chrono_literals;

struct fibers_model {
  static constexpr coir::model kind = coir::model::fibers;
};
struct threads_model {
  static constexpr coir::model kind = coir::model::threads;
};
struct serial_model {
  static constexpr coir::model kind = coir::model::serial;
};

using concurrent_models = ::testing::Types<fibers_model, threads_model>;
using all_models = ::testing::Types<fibers_model, threads_model, serial_model>;

/// Runs `f` as the main task of a run on `Model`.
template <class Model, class F>
decltype(auto) in_run(F&& f) {
  return coir::run({.model = Model::kind}, std::forward<F>(f));
}

/// Returns once `task` is parked in some wait.
inline void await_parked(coir::any_task const& task) {
  namespace word = coir::detail::word;
  for (;;) {
    auto const state = task.record().word.load() & word::state_mask;
    if (state == word::parked || state == word::parked_shielded) return;
    coir::yield();
  }
}

/// A run on fibers in virtual time: delays are exact, and cost nothing.
class virtual_run : public ::testing::Test {
 protected:
  template <class F>
  decltype(auto) in_run(F&& f) {
    return coir::run({.clock = &clock}, std::forward<F>(f));
  }
  /// What has passed since the test began.
  [[nodiscard]] coir::time_point::duration elapsed() const { return clock.now() - begin; }

  coir::virtual_clock clock;
  coir::time_point const begin = clock.now();
};

}  // namespace contract
