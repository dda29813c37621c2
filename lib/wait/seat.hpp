// SPDX-License-Identifier: BSL-1.0
/// A task's place with another library's scheduler, which parks it and lets it go on.

#pragma once

#include <coir/wait/task_core.hpp>

namespace coir::detail {

/// How a task is parked and woken that a scheduler other than ours switches to.
///
/// Our own fibers need none of this: their parker is inline.
class seat {
 public:
  /// Suspends the running task, whose seat this is, until wake(), which may have been called
  /// already.
  ///   Thread: the scheduler's.
  virtual void park() noexcept = 0;

  /// Lets the task go on. It may be gone, and this with it, before the call returns.
  ///   Thread: any.
  virtual void wake(task_core& claimed) noexcept = 0;

  /// Lets every fiber that is ready now run before the running task goes on.
  ///   Thread: the scheduler's.
  virtual void yield() noexcept = 0;

  stack* on;  // which stack it runs on

 protected:
  explicit seat(stack& own) noexcept : on(&own) {}
  ~seat() = default;
};

/// Where a task of kind `boost_fiber` sits.
inline seat& seat_of(task_core const& task) noexcept {
  return *static_cast<seat*>(task.flow.resume_at);
}
inline void take_seat(task_core& task, seat& at) noexcept { task.flow.resume_at = &at; }

}  // namespace coir::detail
