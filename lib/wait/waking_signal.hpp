// SPDX-License-Identifier: BSL-1.0
/// Serial: a signal, which may end a wait though nobody else is there.

#pragma once

#include <coir/wait/task_core.hpp>

namespace coir::detail {

/// The signal that a run on `serial` handles. It has no loop that could look for it, and while the process
/// has one thread nobody else could: so whoever waits or yields does.
/// Thread: the run's.
class waking_signal {
 public:
  /// Sleeps until the signal has come, or `until`: who is parked may then have been claimed. False, at
  /// once, where others might wake him: then one of them looks for the signal from now on.
  virtual bool sleep(time_point until) noexcept = 0;

  /// From now on another thread looks for the signal.
  virtual void look_elsewhere() noexcept = 0;

  /// Has the signal come? Asks the system now and then only. `now`: what the clock says.
  virtual void look_now_and_then(time_point now) noexcept = 0;

 protected:
  ~waking_signal() = default;
};

}  // namespace coir::detail
