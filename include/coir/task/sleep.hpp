// SPDX-License-Identifier: BSL-1.0
/// Waiting for time to pass, or for the others.

#pragma once

#include <chrono>

#include <coir/cancel/suspend.hpp>
#include <coir/time/deadline.hpp>

namespace coir {

/// Suspends until `when`; never wakes early. One that has come is a yield().
///   Blocks: yes; a suspension point always.
///   Throws: cancelled.
COIR_EXPORT void sleep_until(time_point when);

/// Suspends for `delay`, counted from entry. Zero or less is a yield().
///   Throws: cancelled; std::invalid_argument for NaN.
template <class Rep, class Period>
void sleep_for(std::chrono::duration<Rep, Period> delay) {
  sleep_until(detail::deadline_after(now(), delay));
}

/// Lets every task that is ready run before this one goes on. On threads it offers the CPU.
///   Blocks: for a round; a suspension point.
///   Throws: cancelled.
inline void yield() { detail::yield_turn(); }

}  // namespace coir
