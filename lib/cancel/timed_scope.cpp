// SPDX-License-Identifier: BSL-1.0
/// Entering with a deadline, and leaving without a trace of it.

#include <coir/cancel/timed_scope.hpp>

#include <coir/base/check.hpp>

#include "cancel/in_flight.hpp"

namespace coir::detail {

timed_scope::timed_scope(time_point deadline, bool shielded)
    : timed_scope(deadline, shielded, deadline != never && deadline <= now()) {}

timed_scope::timed_scope(span_of_time limit)
    : timed_scope(limit.end, /*shielded=*/false, limit.end <= limit.start) {}

timed_scope::timed_scope(time_point deadline, bool shielded, bool has_come)
    : timer(&on_time), base_(current_task_or_thread(), 0), deadline_(deadline) {
  base_.note.store(exceptions_in_flight(*base_.task), std::memory_order_relaxed);
  base_.shielded = shielded;
  if (deadline != never && !has_come) base_.task->timers->set(*this, deadline);
  enter(base_);
  if (has_come) cancel(base_, cancel_reason(cancel_cause::deadline));
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
