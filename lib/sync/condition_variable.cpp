// SPDX-License-Identifier: BSL-1.0
/// Unlock, wait, lock again.

#include <coir/sync/condition_variable.hpp>

#include <coir/base/check.hpp>

namespace coir {

bool condition_variable::wait_until(std::unique_lock<mutex>& lock, time_point deadline) {
  detail::task_core& self = detail::checkpoint();
  if (!lock.owns_lock() || !lock.mutex()->is_held_by(self))
    detail::misuse("coir: condition_variable::wait() needs its mutex locked by the caller");

  // Waiting begins before the mutex is released: no notification falls in between.
  detail::wait_node node(self);
  lock_.lock();
  waiters_.push_back(node);
  detail::suspension wait(self, "condition_variable::wait");
  wait.begin();
  lock_.unlock();
  lock.mutex()->unlock();

  auto const unlink = [&] {
    std::lock_guard<detail::spin_lock> const held(lock_);
    node.unlink();
  };
  auto const lock_again = [&] {
    try {
      lock.mutex()->lock_again();
    } catch (...) {
      lock.release();  // it is not held: `lock` must not unlock it
      throw;
    }
  };
  detail::wake_reason reason;
  try {
    reason = wait.end(deadline);
  } catch (...) {
    unlink();
    lock_again();
    throw;
  }
  if (reason != detail::wake_reason::fulfilled) unlink();
  lock_again();
  if (reason == detail::wake_reason::cancelled) detail::deliver(self);
  return reason == detail::wake_reason::fulfilled;
}

void condition_variable::notify(std::size_t count) noexcept {
  detail::wake_chain woken;
  {
    std::lock_guard<detail::spin_lock> const held(lock_);
    for (; count > 0; --count) {
      detail::wait_node* const next = waiters_.claim_first();
      if (next == nullptr) break;
      woken.add(next->task);
    }
  }
  woken.wake_all();
}

}  // namespace coir
