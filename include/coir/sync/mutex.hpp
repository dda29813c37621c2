// SPDX-License-Identifier: BSL-1.0
/// mutex: one owner at a time, first come, first served.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include <coir/cancel/suspend.hpp>
#include <coir/time/deadline.hpp>
#include <coir/wait/wait_queue.hpp>

namespace coir {

/// Mutual exclusion between tasks of any model, and plain threads.
///
/// Unlocking hands the mutex to the oldest waiter: no newcomer overtakes (Q1). A task that ends
/// holding it leaves it broken, and waiters get an error instead of silence (Q3). May be held across a
/// suspension, which std::mutex may not. Use with std::unique_lock, std::scoped_lock.
/// Destroying a mutex on which tasks still wait is a bug and aborts.
/// Thread: any.  Mirrors: asyncio.Lock, std::timed_mutex.
class COIR_EXPORT mutex : private detail::held_lock {
 public:
  mutex() noexcept;
  ~mutex();
  mutex(mutex const&) = delete;
  mutex& operator=(mutex const&) = delete;

  /// Takes it, parking until it is handed over.
  ///   Blocks: yes; a suspension point even when it is free.
  ///   Throws: cancelled, and then it is not held (C4); std::logic_error if the caller holds it;
  ///   broken_lock if its owner ended.
  void lock() {
    detail::task_core& self = detail::checkpoint();
    if (!take_if_free(self)) [[unlikely]]
      (void)acquire(self, never, detail::shielding::none);
  }

  /// Takes it if it is free; never blocks.
  ///   Throws: broken_lock.
  [[nodiscard]] bool try_lock();

  /// The same as lock(), for no longer than `limit`; zero or less is one try.
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(std::chrono::duration<Rep, Period> limit) {
    return try_lock_until(detail::deadline_after(now(), limit));
  }
  [[nodiscard]] bool try_lock_until(time_point deadline) {
    detail::task_core& self = detail::checkpoint();
    return take_if_free(self) || acquire(self, deadline, detail::shielding::none);
  }

  /// Gives it to the oldest waiter, or frees it.
  ///   Blocks: never.  Wakes: one.
  ///   Throws: std::logic_error if the caller does not hold it; nothing has changed then.
  void unlock() {
    detail::task_core& self = detail::current_task_or_thread();
    std::uintptr_t const at = state_.load(std::memory_order_relaxed);
    if ((at & ~contended) != owned_by(self)) [[unlikely]]
      refuse_unlock();
    self.held_locks.remove(*this);  // before it is anybody else's
    if (at != owned_by(self) || !change(at, free)) [[unlikely]]
      hand_over();
  }

  /// Whether anybody holds it.
  [[nodiscard]] bool is_locked() const noexcept;

 private:
  friend class condition_variable;

  // The values of state_.
  //
  //   free             nobody holds it, and nobody waits
  //   owned_by(task)   held, also while handed over to a task that has not run yet
  //   | contended      tasks may wait: whoever unlocks it has to look, under lock_
  //   broken           its owner ended holding it
  static constexpr std::uintptr_t free = 0;
  static constexpr std::uintptr_t contended = 1;
  static constexpr std::uintptr_t broken = 2;
  static std::uintptr_t owned_by(detail::task_core const& owner) noexcept {
    return reinterpret_cast<std::uintptr_t>(&owner);
  }

  /// Changes state_ if it is `from`.
  bool change(std::uintptr_t from, std::uintptr_t to) noexcept {
    if (detail::single_threaded()) {
      if (state_.load(std::memory_order_relaxed) != from) return false;
      state_.store(to, std::memory_order_relaxed);
      return true;
    }
    return state_.compare_exchange_strong(from, to, std::memory_order_acq_rel,
                                          std::memory_order_relaxed);
  }
  bool take_if_free(detail::task_core& self) noexcept {
    if (!change(free, owned_by(self))) return false;
    self.held_locks.push(*this);
    return true;
  }

  bool acquire(detail::task_core& self, time_point deadline, detail::shielding how);
  void lock_again();
  void hand_over() noexcept;
  [[noreturn]] static void refuse_unlock();
  [[nodiscard]] bool is_held_by(detail::task_core const& task) const noexcept {
    return (state_.load(std::memory_order_relaxed) & ~contended) == owned_by(task);
  }
  static void abandoned(detail::held_lock& self) noexcept;
  static void show_waiters(detail::held_lock& self, void* to,
                           void (*see)(void* to, detail::task_core& waiter)) noexcept;

  std::atomic<std::uintptr_t> state_{free};
  mutable detail::spin_lock lock_;  // guards waiters_, and what a contended state_ changes to
  detail::wait_queue waiters_{"a mutex was destroyed while tasks wait for it"};
};

}  // namespace coir
