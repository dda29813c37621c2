// SPDX-License-Identifier: BSL-1.0
/// Once, at its step.

#include <coir/testing/interlude.hpp>

#include <utility>

namespace coir::testing {

interlude::interlude(step when, std::function<void()> act)
    : when_(std::move(when)), act_(std::move(act)) {}

void interlude::on_event(trace_event const& event) {
  if (event.what != when_.what || (!when_.about.empty() && event.about != when_.about)) return;
  if (event.name() != when_.task || begun_.exchange(true)) return;
  act_();
  played_.store(true, std::memory_order_release);
}

}  // namespace coir::testing
