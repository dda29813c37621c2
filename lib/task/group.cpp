// SPDX-License-Identifier: BSL-1.0
/// Counting a group's tasks in and out, and what it throws in the end.

#include <coir/task/group.hpp>

#include <mutex>

#include <coir/base/check.hpp>
#include <coir/cancel/suspend.hpp>

namespace coir {

using guard = std::lock_guard<detail::spin_lock>;

task_group::admission::admission(task_group& into) : group(into) {
  guard const held(group.scope_.base().task->lock);
  if (group.closed_)
    detail::misuse("coir: task_group::spawn() or start() after the group was joined");
  ++group.children_;
}

task_group::~task_group() {
  if (closed_) return;
  check_owner();
  detail::cancel(scope_.base(), detail::cleanup_reason("its group was destroyed"));
  wait_for_children();
  // Nobody will ask for these any more: each goes to the unhandled-exception handler (G3).
  while (!failed_.empty()) static_cast<detail::task_record*>(failed_.pop_front().task)->drop_ref();
}

void task_group::cancel(std::string text) {
  detail::cancel(scope_.base(), cancel_reason(cancel_cause::requested, std::move(text)));
}

void task_group::body_failed(std::exception_ptr error) {
  {
    guard const held(scope_.base().task->lock);
    failed_.for_each([this](detail::scope const&) { ++failed_before_body_; });
  }
  body_error_ = std::move(error);
  detail::cancel(scope_.base(), cancel_reason(cancel_cause::sibling_failed));
}

/// What a task throws that was cancelled comes out of get() as `cancelled` too. Then nobody has told
/// the tasks of this group to end.
void task_group::body_cut_short(cancel_reason reason) noexcept {
  detail::scope& own = scope_.base();
  {
    guard const held(own.task->lock);
    foreign_ = !own.reached;
  }
  if (foreign_) detail::cancel(own, std::move(reason));
}

void task_group::join() {
  if (scope_.base().task != &detail::current_task_or_thread())
    detail::misuse("coir: task_group::join() by another task than the one that made the group");
  if (closed_) return;
  if (!finish()) detail::checkpoint();
}

bool task_group::finish() {
  wait_for_children();
  bool const own = scope_.exit() && !foreign_;
  std::vector<std::exception_ptr> errors = take_errors();
  if (!errors.empty()) throw exception_group(std::move(errors));
  if (!own) detail::checkpoint();  // the exit of a group is a suspension point
  return own;
}

void task_group::finish_with_first() {
  wait_for_children();
  scope_.exit();
  std::vector<std::exception_ptr> const errors = take_errors();
  if (!errors.empty()) std::rethrow_exception(errors.front());
}

/// A child has ended: in the list of failures if it failed, then out of the count. The count goes
/// last, for at zero the owner may destroy the group.
void task_group::child_ended(detail::task_record& child) noexcept {
  if (child.how == detail::outcome::failed) [[unlikely]]
    return child_failed(child);
  one_less(&child.root);
}

void task_group::child_failed(detail::task_record& child) noexcept {
  {
    guard const held(scope_.base().task->lock);
    child.root.unlink();
    child.add_ref();
    failed_.push_back(child.root);
  }
  detail::cancel(scope_.base(), cancel_reason(cancel_cause::sibling_failed));
  one_less();
}

void task_group::one_less(detail::scope* leaving) noexcept {
  detail::task_core& owner = *scope_.base().task;
  bool claimed = false;
  {
    guard const held(owner.lock);
    if (leaving != nullptr) leaving->unlink();
    if (--children_ == 0 && joining_) {
      closed_ = true;  // now, and not when the owner runs: nobody may slip in between
      claimed = detail::claim(owner, detail::wake_reason::fulfilled);
    }
  }
  if (claimed) detail::wake(owner);
}

void task_group::check_owner() noexcept {
  // Only compared: a task that has ended may be gone.
  if (scope_.base().task != &detail::current_task_or_thread())
    detail::die("a task_group was joined or destroyed by another task than the one that made it");
}

void task_group::wait_for_children() noexcept {
  check_owner();
  detail::task_core& self = *scope_.base().task;
  self.lock.lock();
  if (children_ == 0) {
    closed_ = true;
    self.lock.unlock();
    return;
  }
  joining_ = true;
  detail::list_hook nowhere;  // the count is the whole queue
  // Shielded: an outer cancel reaches the children through the scope tree, and this waits for them.
  (void)detail::suspend(self, self.lock, nowhere, "task_group::join", never,
                        detail::shielding::shielded);
}

std::vector<std::exception_ptr> task_group::take_errors() {
  std::vector<std::exception_ptr> errors;
  while (!failed_.empty()) {
    detail::record_ref<detail::task_record> const child(
        static_cast<detail::task_record*>(failed_.pop_front().task));
    child->retrieved.store(true, std::memory_order_release);
    errors.push_back(child->error);
  }
  if (body_error_) {
    auto const its_place = static_cast<std::ptrdiff_t>(failed_before_body_);
    errors.insert(errors.begin() + its_place, std::exchange(body_error_, nullptr));
  }
  return errors;
}

}  // namespace coir
