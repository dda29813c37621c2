// SPDX-License-Identifier: BSL-1.0
/// The run's clock: steady_clock, or a virtual one that jumps when nothing can run.

#pragma once

#include <chrono>

#include <coir/base/config.hpp>

namespace coir {

/// Every time in coir is a point on steady_clock (T2).
using time_point = std::chrono::steady_clock::time_point;

/// A deadline that never comes.
inline constexpr time_point never = time_point::max();

/// A clock that stands still while a task can run, and jumps to the next deadline when none can.
///
/// Hand it to a run on fibers: `coir::run({.clock = &clock}, f)`. Hours then pass in milliseconds,
/// and exactly. It keeps its time from one run to the next.
/// Thread: the run's own.  Mirrors: trio.testing.MockClock with autojump.
class virtual_clock {
 public:
  [[nodiscard]] time_point now() const noexcept { return now_; }

  /// Moves time forward; never back.
  void advance_to(time_point when) noexcept {
    if (when > now_) now_ = when;
  }

  /// Zero, as at first: what tasks do takes no time. Else, in a run with a seed, they seem to take up to
  /// `longest` between two waits, as the seed decides: deadlines then come in the midst of their work,
  /// as on a slow machine.
  void set_work_takes(std::chrono::nanoseconds longest) noexcept { work_takes_ = longest; }
  [[nodiscard]] std::chrono::nanoseconds work_takes() const noexcept { return work_takes_; }

 private:
  time_point now_{std::chrono::hours(1)};
  std::chrono::nanoseconds work_takes_{0};
};

/// The time of the running task's run: virtual where its clock is, else steady_clock::now().
///   Blocks: never; not a suspension point.
COIR_EXPORT time_point now() noexcept;

}  // namespace coir
