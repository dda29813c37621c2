// SPDX-License-Identifier: BSL-1.0
/// semaphore: so many permits, and no more.

#pragma once

#include <chrono>
#include <cstddef>

#include <coir/cancel/suspend.hpp>
#include <coir/time/deadline.hpp>
#include <coir/wait/wait_queue.hpp>

namespace coir {

/// Hands out at most `permits` permits, first come, first served.
///
/// A permit released while tasks wait goes straight to the oldest of them, so no newcomer can
/// overtake (Q1).
/// Destroying a semaphore on which tasks still wait is a bug and aborts.
/// Thread: any.  Mirrors: asyncio.BoundedSemaphore, std::counting_semaphore's names.
class COIR_EXPORT semaphore {
 public:
  /// All permits are free.
  explicit semaphore(std::size_t permits) : semaphore(permits, permits) {}
  /// `free` permits now, never more than `most`.
  ///   Throws: std::invalid_argument if free > most.
  semaphore(std::size_t free, std::size_t most);
  semaphore(semaphore const&) = delete;
  semaphore& operator=(semaphore const&) = delete;

  /// Takes a permit, parking until one is free.
  ///   Blocks: yes; a suspension point even when a permit is free.
  ///   Throws: cancelled, and then no permit is taken (C4).
  void acquire() { (void)try_acquire_until(never); }
  /// Takes one if it is free; never blocks.
  [[nodiscard]] bool try_acquire() noexcept;
  /// As acquire(), for no longer than `limit`: false, and no permit, then. Zero or less is one try.
  template <class Rep, class Period>
  [[nodiscard]] bool try_acquire_for(std::chrono::duration<Rep, Period> limit) {
    return try_acquire_until(detail::deadline_after(now(), limit));
  }
  bool try_acquire_until(time_point deadline);

  /// Gives back `count` permits.
  ///   Blocks: never.  Wakes: as many as there are permits for them, oldest first.
  ///   Throws: std::logic_error if more would be free than there are; nothing has changed then (Q3).
  void release(std::size_t count = 1);

  /// Permits that nobody holds.
  [[nodiscard]] std::size_t available() const noexcept;

 private:
  mutable detail::spin_lock lock_;  // guards the rest
  std::size_t free_;                // 0 whenever tasks wait
  std::size_t const most_;
  detail::wait_queue waiters_{"a semaphore was destroyed while tasks wait for it"};
};

}  // namespace coir
