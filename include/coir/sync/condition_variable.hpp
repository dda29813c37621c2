// SPDX-License-Identifier: BSL-1.0
/// condition_variable: waiting for something that a mutex guards.

#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <utility>

#include <coir/sync/mutex.hpp>

namespace coir {

/// Tasks that wait until another one says that what they wait for may have come.
///
/// Whatever ends a wait, the mutex is held again when control returns, also by an exception (T4). The
/// oldest waiters are notified first; one that was notified is not cancelled any more (C5).
/// Thread: any.  Mirrors: std::condition_variable, asyncio.Condition.
class COIR_EXPORT condition_variable {
 public:
  condition_variable() = default;
  condition_variable(condition_variable const&) = delete;
  condition_variable& operator=(condition_variable const&) = delete;

  /// Unlocks, waits for a notification, locks again.
  ///   Blocks: yes.
  ///   Throws: cancelled, with the mutex held; std::logic_error if the caller does not hold it;
  ///   broken_lock if another owner ended holding it meanwhile: `lock` then has no mutex any more.
  void wait(std::unique_lock<mutex>& lock) { (void)wait_until(lock, never); }
  template <class Predicate>
  void wait(std::unique_lock<mutex>& lock, Predicate until) {
    while (!until()) wait(lock);
  }

  /// The same, for no longer than `limit`: false on timeout; with a predicate, what it says then.
  template <class Rep, class Period>
  bool wait_for(std::unique_lock<mutex>& lock, std::chrono::duration<Rep, Period> limit) {
    return wait_until(lock, detail::deadline_after(now(), limit));
  }
  template <class Rep, class Period, class Predicate>
  bool wait_for(std::unique_lock<mutex>& lock, std::chrono::duration<Rep, Period> limit,
                Predicate until) {
    return wait_until(lock, detail::deadline_after(now(), limit), std::move(until));
  }
  bool wait_until(std::unique_lock<mutex>& lock, time_point deadline);
  template <class Predicate>
  bool wait_until(std::unique_lock<mutex>& lock, time_point deadline, Predicate until) {
    while (!until())
      if (!wait_until(lock, deadline)) return until();
    return true;
  }

  /// Ends the wait of the oldest `count` waiters. Unlike asyncio's, needs no lock held.
  ///   Blocks: never.
  void notify(std::size_t count) noexcept;
  void notify_one() noexcept { notify(1); }
  void notify_all() noexcept { notify(static_cast<std::size_t>(-1)); }

 private:
  detail::spin_lock lock_;  // guards waiters_
  detail::wait_queue waiters_{"a condition_variable was destroyed while tasks wait on it"};
};

}  // namespace coir
