// SPDX-License-Identifier: BSL-1.0
/// Lining up ends, and waiting for them.

#include <coir/combine/completions.hpp>

#include <mutex>

#include <coir/cancel/suspend.hpp>
#include <coir/task/task.hpp>

namespace coir::detail {

using guard = std::lock_guard<spin_lock>;

completions::watch::watch(completions& by, task_record& task_, std::size_t number_) noexcept
    : all(by), task(&task_), number(number_) {
  task_.add_ref();
  ended = &completions::note;
  waiter = &completions::who_waits;
}

completions::~completions() {
  for (watch& each : watches_) {
    guard const held(each.task->lock);
    if (!each.task->ended.load(std::memory_order_relaxed)) each.unlink();
  }
}

void completions::add(task_record& task) {
  watch& fresh = watches_.emplace_back(*this, task, watches_.size());
  guard const task_held(task.lock);
  guard const held(lock_);
  ++running_;
  if (task.ended.load(std::memory_order_relaxed)) {
    line_up(fresh);
  } else {
    task.watchers.push_back(fresh);
  }
}

bool completions::add_once(task_record& task) {
  if (!known_.insert(&task).second) return false;
  add(task);
  return true;
}

/// The task's lock is held; it has let go of the watcher, which changes lines.
task_core* completions::note(watcher& self, task_core&) noexcept {
  watch& ended = static_cast<watch&>(self);
  completions& all = ended.all;
  guard const held(all.lock_);
  all.line_up(ended);
  if (!all.reached(all.goal_)) return nullptr;
  wait_node* const waiting = all.waiters_.claim_first();
  return waiting != nullptr ? waiting->task : nullptr;
}

task_core* completions::who_waits(watcher& self) noexcept {
  completions& all = static_cast<watch&>(self).all;
  guard const held(all.lock_);
  task_core* found = nullptr;
  all.waiters_.for_each_parked([&found](task_core& waiter) { found = &waiter; });
  return found;
}

void completions::line_up(watch& ended) noexcept {
  line_.push_back(ended);
  --running_;
  if (ended.task->how == outcome::failed) ++failed_;
  if (ended.task->how == outcome::cancelled) ++cancelled_;
}

bool completions::reached(stop_at goal) const noexcept {
  if (running_ == 0) return true;
  switch (goal) {
    case stop_at::all_ended: return false;
    case stop_at::one_failed: return failed_ > 0;
    case stop_at::one_failed_or_cancelled: return failed_ + cancelled_ > 0;
    case stop_at::one_ended: return !line_.empty();
  }
  return false;
}

wake_reason completions::await(char const* what, stop_at goal, time_point deadline) {
  task_core& self = checkpoint();
  lock_.lock();
  if (reached(goal)) {
    lock_.unlock();
    return wake_reason::fulfilled;
  }
  goal_ = goal;
  wait_node node(self);
  waiters_.push_back(node);
  switch (suspend(self, lock_, node, what, deadline)) {
    case wake_reason::fulfilled: return wake_reason::fulfilled;
    case wake_reason::cancelled: deliver(self);
    case wake_reason::timed_out: break;
  }
  give_up_turn(self);
  guard const held(lock_);
  return reached(goal) ? wake_reason::fulfilled : wake_reason::timed_out;
}

std::optional<std::size_t> completions::take() {
  guard const held(lock_);
  if (line_.empty()) return std::nullopt;
  return static_cast<watch&>(line_.pop_front()).number;
}

std::optional<std::size_t> completions::next(char const* what, time_point deadline) {
  await(what, stop_at::one_ended, deadline);
  return take();
}

std::optional<std::size_t> completions::first_success(char const* what, bool ready,
                                                      time_point deadline) {
  std::size_t const newest = size() - 1;
  for (;;) {
    std::optional<std::size_t> const number = next(what, deadline);
    if (!number) return std::nullopt;
    task_record& ended = task(*number);
    if (ended.how == outcome::finished) return number;
    ended.retrieved.store(true, std::memory_order_release);
    if (ready && *number == newest) return std::nullopt;
  }
}

void completions::end_all(char const* why) noexcept {
  for (watch& each : watches_)
    if (!has_result(*each.task)) request_cancel(*each.task, cleanup_reason(why));
  for (watch& each : watches_) await_end(*each.task, never, /*shielded=*/true);
}

}  // namespace coir::detail
