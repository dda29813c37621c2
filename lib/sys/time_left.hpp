// SPDX-License-Identifier: BSL-1.0
/// How long a thread may sleep, as the kernel wants to hear it.

#pragma once

#include <chrono>
#include <ctime>

#include <coir/time/clock.hpp>

namespace coir::detail {

/// How long it is until then, in real time; nothing once it has come. Compared before it is subtracted: a
/// point far in the past is further away than a duration holds.
inline std::chrono::nanoseconds time_left(time_point until) noexcept {
  time_point const now = std::chrono::steady_clock::now();
  return until > now ? until - now : std::chrono::nanoseconds::zero();
}

inline timespec to_timespec(std::chrono::nanoseconds span) noexcept {
  auto const whole = std::chrono::duration_cast<std::chrono::seconds>(span);
  timespec given{};
  given.tv_sec = static_cast<std::time_t>(whole.count());
  given.tv_nsec = static_cast<long>((span - whole).count());
  return given;
}

}  // namespace coir::detail
