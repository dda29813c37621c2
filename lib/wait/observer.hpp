// SPDX-License-Identifier: BSL-1.0
/// Who looks on while tasks park, are woken and go on.

#pragma once

#include <coir/wait/task_core.hpp>

namespace coir::detail {

/// Is told what becomes of the tasks of one run, if that run has asked for it.
///
/// Which tasks are observed is settled at their birth. Parking, waking and yielding ask first whether a
/// task is a fiber at which nobody looks, where they would have to ask whether it is a fiber anyhow: to
/// be looked at costs, not to be looked at costs nothing.
/// Not chosen: a hook in the switch, which every task would pay for; a table of functions per process,
/// which lies in a cache line of its own and cannot tell one run from another.
class observer {
 public:
  /// Its wait is open, and it is about to leave its thread. By the task itself.
  virtual void parks(task_core& self) noexcept = 0;
  /// Its wait is over, and it runs again. By the task itself.
  virtual void goes_on(task_core& self) noexcept = 0;
  /// It gives up its turn; goes_on() follows. By the task itself.
  virtual void yields(task_core& self) noexcept = 0;
  /// Its wait was ended, and it cannot have gone on yet. By who has claimed it, with nothing locked.
  virtual void is_woken(task_core& claimed) noexcept = 0;

 protected:
  ~observer() = default;
};

/// Who looks on at `task`; null: nobody.
inline observer* observer_of(task_core const& task) noexcept {
  return task.observed ? task.notes->observed_by : nullptr;
}

}  // namespace coir::detail
