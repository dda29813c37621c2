// SPDX-License-Identifier: BSL-1.0
/// Permits, handed from one task to the next.

#include <coir/sync/semaphore.hpp>

#include <mutex>
#include <stdexcept>
#include <string>

#include <coir/base/check.hpp>

namespace coir {

using guard = std::lock_guard<detail::spin_lock>;

semaphore::semaphore(std::size_t free, std::size_t most) : free_(free), most_(most) {
  if (free > most)
    throw std::invalid_argument("coir: semaphore(free, most) needs free <= most, not " +
                                std::to_string(free) + " and " + std::to_string(most));
}

bool semaphore::try_acquire() noexcept {
  guard const held(lock_);
  if (free_ == 0) return false;
  --free_;
  return true;
}

bool semaphore::try_acquire_until(time_point deadline) {
  detail::task_core& self = detail::checkpoint();
  lock_.lock();
  if (free_ > 0) {
    --free_;
    lock_.unlock();
    return true;
  }
  detail::wait_node node(self);
  waiters_.push_back(node);
  switch (detail::suspend(self, lock_, node, "semaphore::acquire", deadline)) {
    case detail::wake_reason::fulfilled: return true;
    case detail::wake_reason::timed_out: return false;
    case detail::wake_reason::cancelled: break;
  }
  detail::deliver(self);
}

void semaphore::release(std::size_t count) {
  detail::wake_chain woken;
  {
    guard const held(lock_);
    // Those who wait will take theirs, but the permits out now are most_ - free_, and no more.
    if (count > most_ - free_)
      detail::misuse("coir: semaphore::release() of a permit that nobody had taken");
    for (; count > 0; --count) {
      detail::wait_node* const next = waiters_.claim_first();
      if (next == nullptr) break;
      woken.add(next->task);
    }
    free_ += count;
  }
  woken.wake_all();
}

std::size_t semaphore::available() const noexcept {
  guard const held(lock_);
  return free_;
}

}  // namespace coir
