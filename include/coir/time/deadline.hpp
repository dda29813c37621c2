// SPDX-License-Identifier: BSL-1.0
/// From any duration to a deadline, without overflow and without NaN.

#pragma once

#include <chrono>
#include <ratio>
#include <stdexcept>
#include <type_traits>

#include <coir/time/clock.hpp>

namespace coir::detail {

using std::chrono::nanoseconds;

/// `delay` in nanoseconds, rounded up so that no wait ends early, and held within the clock's range.
///   Throws: std::invalid_argument for NaN.
template <class Rep, class Period>
nanoseconds to_nanoseconds(std::chrono::duration<Rep, Period> delay) {
  if constexpr (std::is_floating_point_v<Rep>) {
    if (delay.count() != delay.count())
      throw std::invalid_argument("coir: a delay is NaN; give a number");
  }
  using to_nano = std::ratio_divide<Period, std::nano>;
  if constexpr (std::is_integral_v<Rep> && sizeof(Rep) <= sizeof(nanoseconds::rep) &&
                std::is_signed_v<Rep> && to_nano::den == 1) {
    if (delay.count() > nanoseconds::max().count() / to_nano::num) return nanoseconds::max();
    if (delay.count() < nanoseconds::min().count() / to_nano::num) return nanoseconds::min();
    return nanoseconds(delay.count() * to_nano::num);
  }
  // Compared as long double seconds: no integer product can overflow on the way.
  using seconds = std::chrono::duration<long double>;
  if (seconds(delay) >= seconds(nanoseconds::max())) return nanoseconds::max();
  if (seconds(delay) <= seconds(nanoseconds::min())) return nanoseconds::min();
  return std::chrono::ceil<nanoseconds>(delay);
}

/// The point `delay` after `start`: `never` when that is beyond the clock's range. A delay of zero
/// or less gives a point that has come.
template <class Rep, class Period>
time_point deadline_after(time_point start, std::chrono::duration<Rep, Period> delay) {
  nanoseconds const amount = to_nanoseconds(delay);
  nanoseconds const from = start.time_since_epoch();
  if (amount > nanoseconds::zero() && from > nanoseconds::max() - amount) return never;
  if (amount < nanoseconds::zero() && from < nanoseconds::min() - amount) return time_point::min();
  return time_point(from + amount);
}

/// From the moment it was asked for to its end.
struct span_of_time {
  time_point start;
  time_point end;
};
template <class Rep, class Period>
span_of_time span_from_now(std::chrono::duration<Rep, Period> length) {
  time_point const start = now();
  return {start, deadline_after(start, length)};
}

/// A point of any duration type on steady_clock, rounded up to ours and held within its range.
template <class Duration>
time_point to_time_point(std::chrono::time_point<std::chrono::steady_clock, Duration> when) {
  return time_point(to_nanoseconds(when.time_since_epoch()));
}

}  // namespace coir::detail
