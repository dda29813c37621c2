// SPDX-License-Identifier: BSL-1.0
/// mutex: one owner at a time, first come, first served.

#pragma once

#include <chrono>

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
  void lock();

  /// Takes it if it is free; never blocks.
  ///   Throws: broken_lock.
  [[nodiscard]] bool try_lock();

  /// The same as lock(), for no longer than `limit`; zero or less is one try.
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(std::chrono::duration<Rep, Period> limit) {
    return acquire(detail::deadline_after(now(), limit), detail::shielding::none);
  }
  [[nodiscard]] bool try_lock_until(time_point deadline) {
    return acquire(deadline, detail::shielding::none);
  }

  /// Gives it to the oldest waiter, or frees it.
  ///   Blocks: never.  Wakes: one.
  ///   Throws: std::logic_error if the caller does not hold it; nothing has changed then.
  void unlock();

  /// Whether anybody holds it.
  [[nodiscard]] bool is_locked() const noexcept;

 private:
  friend class condition_variable;

  bool acquire(time_point deadline, detail::shielding how);
  void lock_again();
  void own(detail::task_core& self) noexcept;
  [[nodiscard]] bool held_by_caller() const noexcept;
  static void abandoned(detail::held_lock& self) noexcept;
  static void show_waiters(detail::held_lock& self, void* to,
                           void (*see)(void* to, detail::task_core& waiter)) noexcept;

  mutable detail::spin_lock lock_;      // guards the rest
  detail::task_core* owner_ = nullptr;  // also while handed over to one who has not run yet
  bool broken_ = false;                 // its owner ended holding it
  detail::wait_queue waiters_{"a mutex was destroyed while tasks wait for it"};
};

}  // namespace coir
