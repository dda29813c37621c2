// SPDX-License-Identifier: BSL-1.0
/// The flag and its waiters.

#include <coir/sync/event.hpp>

#include <mutex>

namespace coir {

using guard = std::lock_guard<detail::spin_lock>;

bool event::wait_until(time_point deadline) {
  detail::task_core& self = detail::checkpoint();
  lock_.lock();
  if (set_) {
    lock_.unlock();
    return true;
  }
  detail::wait_node node(self);
  waiters_.push_back(node);
  switch (detail::suspend(self, lock_, node, "event::wait", deadline)) {
    case detail::wake_reason::fulfilled: return true;
    case detail::wake_reason::timed_out: return false;
    case detail::wake_reason::cancelled: break;
  }
  detail::deliver(self);
}

void event::set() noexcept {
  detail::wake_chain woken;
  {
    guard const held(lock_);
    set_ = true;
    waiters_.claim_all(woken);
  }
  woken.wake_all();
}

void event::clear() noexcept {
  guard const held(lock_);
  set_ = false;
}

bool event::is_set() const noexcept {
  guard const held(lock_);
  return set_;
}

}  // namespace coir
