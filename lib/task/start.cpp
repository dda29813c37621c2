// SPDX-License-Identifier: BSL-1.0
/// From start()'s frame to the group: where a task belongs before and after it has started.

#include <mutex>

#include <coir/base/check.hpp>
#include <coir/cancel/suspend.hpp>
#include <coir/task/task_status.hpp>
#include <coir/task/this_task.hpp>

namespace coir::detail {

using guard = std::lock_guard<spin_lock>;

void start_gate::await(task_record& child) {
  task_core& self = *base().task;
  auto const over = [&] { return started_ || ended_; };
  list_hook nowhere;  // the gate is the whole queue
  for (auto how = shielding::none;; how = shielding::shielded) {
    self.lock.lock();
    if (over()) break;
    parked_ = true;
    // A cancel goes on to the task, which hangs below; this then waits for its end (C8).
    (void)suspend(self, self.lock, nowhere, "task_group::start", never, how);
  }
  bool const started = started_;
  self.lock.unlock();
  if (started) return;

  if (child.how != outcome::failed) this_task::checkpoint();
  if (child.error == nullptr)
    misuse("coir: a task returned to task_group::start() without having called started()");
  child.retrieved.store(true, std::memory_order_release);
  std::rethrow_exception(child.error);
}

void start_gate::pass() noexcept {
  task_core& waiter = *base().task;
  scope& group = group_scope_;
  scope* root = nullptr;
  bool claimed = false;
  {
    guard const held(waiter.lock);
    root = &base().children.front();
    if (root->handed_down) return;
    root->unlink();
    static_cast<task_record*>(root->task)->owner = &group_;
    started_ = true;
    claimed = parked_ && claim(waiter, wake_reason::fulfilled);
  }
  // If nobody was claimed, start() has seen it by itself, and may be gone with this gate.
  attach_running(*root, group);
  if (claimed) wake(waiter);
}

void start_gate::child_ended(task_record& child) noexcept {
  task_core& waiter = *base().task;
  bool claimed = false;
  {
    guard const held(waiter.lock);
    child.root.unlink();
    ended_ = true;
    claimed = parked_ && claim(waiter, wake_reason::fulfilled);
  }
  if (claimed) wake(waiter);
}

}  // namespace coir::detail
