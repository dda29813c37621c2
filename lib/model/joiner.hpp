// SPDX-License-Identifier: BSL-1.0
/// Somebody who waits for a task's end.

#pragma once

#include <coir/wait/task_core.hpp>

namespace coir::detail {

/// On the stack of who waits, among the task's watchers.
struct joiner : watcher {
  explicit joiner(task_core& waiting) noexcept : task(&waiting) {
    ended = [](watcher& self, task_core&) noexcept {
      task_core* const joining = static_cast<joiner&>(self).task;
      return claim(*joining, wake_reason::fulfilled) ? joining : nullptr;
    };
    waiter = [](watcher& self) noexcept { return static_cast<joiner&>(self).task; };
  }
  task_core* const task;
};

}  // namespace coir::detail
