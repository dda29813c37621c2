// SPDX-License-Identifier: BSL-1.0
/// Entering with a deadline, and leaving without a trace of it.

#include <coir/cancel/timed_scope.hpp>

#include <coir/base/check.hpp>

namespace coir::detail {

timed_scope::timed_scope(time_point deadline, bool shielded)
    : timer(&on_time),
      base_(current_task_or_thread(), static_cast<unsigned>(std::uncaught_exceptions())),
      deadline_(deadline) {
  base_.shielded = shielded;
  bool const expired = deadline != never && deadline <= now();
  if (deadline != never && !expired) base_.task->timers->set(*this, deadline);
  enter(base_);
  if (expired) cancel(base_, cancel_reason(cancel_cause::deadline));
}

bool timed_scope::exit() noexcept {
  left_ = true;
  base_.task->timers->cancel(*this);
  return leave(base_);
}

void timed_scope::move_deadline(time_point deadline) {
  if (current_task_or_thread().timers != base_.task->timers)
    misuse("coir: a scope's deadline may be moved only by the thread that serves its timers");
  bool const come = deadline != never && deadline <= now();
  base_.task->timers->cancel(*this);
  // Throws only where no timer was set: one that was has just made room.
  if (deadline != never && !come) base_.task->timers->set(*this, deadline);
  deadline_ = deadline;
  if (come) cancel(base_, cancel_reason(cancel_cause::deadline));
}

void timed_scope::on_time(timer& self) noexcept {
  cancel(static_cast<timed_scope&>(self).base_, cancel_reason(cancel_cause::deadline));
}

}  // namespace coir::detail
