// SPDX-License-Identifier: BSL-1.0
/// What the handle of any task does.

#include <coir/task/task.hpp>

#include <coir/base/check.hpp>
#include <coir/task/promise.hpp>

namespace coir {

any_task& any_task::operator=(any_task&& other) noexcept {
  if (this != &other) {
    release();
    record_ = std::move(other.record_);
  }
  return *this;
}

namespace {

COIR_COLD void end_dropped(detail::task_record& task) noexcept {
  if (&task == detail::current_task()) return;  // its own handle: the run owns it now
  if (task.kind == detail::task_kind::promise) return;
  detail::cancel(task.root, detail::cleanup_reason("its handle was destroyed"));
  detail::await_end(task, never, /*shielded=*/true);
}

}  // namespace

void any_task::release() noexcept {
  detail::record_ref<detail::task_record> const gone = std::move(record_);
  if (!gone || gone->owner != nullptr || gone->ended.load(std::memory_order_acquire)) return;
  end_dropped(*gone);
}

void any_task::detach() {
  (void)record();
  record_ = {};
}

bool detail::request_cancel(task_record& target, cancel_reason reason) noexcept {
  if (target.kind == task_kind::promise) return cancel_promise(target, std::move(reason));
  if (target.ended.load(std::memory_order_acquire)) return false;
  cancel(target.root, std::move(reason));
  return true;
}

detail::task_record& any_task::record() const {
  if (!record_)
    detail::misuse(
        "coir: this task handle is empty: it was moved from, detached, or never had a task");
  return *record_;
}

std::exception_ptr any_task::exception() const {
  if (!done() || record().how != detail::outcome::failed) return nullptr;
  record().retrieved.store(true, std::memory_order_release);
  return record().error;
}

bool any_task::cancel(std::string text) const {
  return detail::request_cancel(record(), cancel_reason(cancel_cause::requested, std::move(text)));
}

void any_task::set_name(std::string name) const { detail::set_name(record(), std::move(name)); }

bool any_task::await_or_end(time_point deadline) const {
  detail::task_record& target = record();
  bool in_time = false;
  try {
    in_time = detail::await_end(target, deadline);
  } catch (coir::cancelled const&) {
    detail::request_cancel(target, detail::cleanup_reason("its waiter was cancelled"));
    detail::await_end(target, never, /*shielded=*/true);
    throw;
  }
  if (in_time) return false;
  detail::request_cancel(target, cancel_reason(cancel_cause::deadline));
  detail::await_end(target, never, /*shielded=*/true);
  return target.how == detail::outcome::cancelled;
}

void any_task::await_result() const {
  detail::await_end(record(), never);
  throw_error();
}

void any_task::throw_error() const {
  detail::task_record& target = record();
  if (target.error == nullptr) return;
  target.retrieved.store(true, std::memory_order_release);
  std::rethrow_exception(target.error);
}

}  // namespace coir
