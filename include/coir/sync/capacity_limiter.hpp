// SPDX-License-Identifier: BSL-1.0
/// capacity_limiter: so many borrowers at a time, each of them known.

#pragma once

#include <chrono>
#include <cstddef>
#include <map>

#include <coir/cancel/suspend.hpp>
#include <coir/time/deadline.hpp>
#include <coir/wait/wait_queue.hpp>

namespace coir {

/// A limiter at one moment.
struct capacity_statistics {
  std::size_t total = 0;     ///< tokens there are
  std::size_t borrowed = 0;  ///< tokens out; more than `total` after the total was lowered
  std::size_t waiting = 0;   ///< tasks and threads parked in acquire()
};

/// Lends tokens to borrowers, at most one to each, first come, first served (Q1).
///
/// Unlike a semaphore it knows who has a token, so a second one for the same borrower and a release
/// by somebody who has none are refused (Q3), and its total can be changed while it is in use. A
/// borrower is the calling task or thread, or, in the on_behalf_of forms, any object that the caller
/// names by its address. A task must release its token before it ends.
/// Destroying a limiter for which tasks still wait is a bug and aborts.
/// Thread: any.  Mirrors: trio.CapacityLimiter.
class COIR_EXPORT capacity_limiter {
 public:
  /// As a total: everybody gets a token.
  static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

  explicit capacity_limiter(std::size_t total) noexcept : total_(total) {}
  capacity_limiter(capacity_limiter const&) = delete;
  capacity_limiter& operator=(capacity_limiter const&) = delete;

  /// Borrows a token for the caller, parking until one is free.
  ///   Blocks: yes; a suspension point even when a token is free.
  ///   Throws: cancelled, and then none is borrowed (C4); std::logic_error if the caller has one.
  void acquire() { (void)try_acquire_until(never); }
  /// Borrows one if it is free; never blocks.
  ///   Throws: std::logic_error if the caller has one.
  [[nodiscard]] bool try_acquire();
  /// As acquire(), for no longer than `limit`: false, and no token, then. Zero or less is one try.
  template <class Rep, class Period>
  [[nodiscard]] bool try_acquire_for(std::chrono::duration<Rep, Period> limit) {
    return try_acquire_until(detail::deadline_after(now(), limit));
  }
  bool try_acquire_until(time_point deadline);
  /// Gives the caller's token back.
  ///   Blocks: never.  Wakes: the oldest waiter.
  ///   Throws: std::logic_error if the caller has none; nothing has changed then.
  void release();

  /// The same for a borrower that stands for more, or lives longer, than the calling task. Any task
  /// may release it. One that is waited for counts as having its token: a second wait is refused.
  void acquire_on_behalf_of(void const* borrower) {
    (void)try_acquire_on_behalf_of_until(borrower, never);
  }
  [[nodiscard]] bool try_acquire_on_behalf_of(void const* borrower);
  template <class Rep, class Period>
  [[nodiscard]] bool try_acquire_on_behalf_of_for(void const* borrower,
                                                  std::chrono::duration<Rep, Period> limit) {
    return try_acquire_on_behalf_of_until(borrower, detail::deadline_after(now(), limit));
  }
  bool try_acquire_on_behalf_of_until(void const* borrower, time_point deadline);
  void release_on_behalf_of(void const* borrower);

  [[nodiscard]] std::size_t total() const noexcept;
  /// Changes how many tokens there are. Fewer than are out takes none away: nobody gets one until
  /// enough have come back. Zero lets nobody in.
  ///   Blocks: never.  Wakes: as many as there are new tokens for, oldest first.
  void set_total(std::size_t total) noexcept;
  [[nodiscard]] capacity_statistics statistics() const noexcept;

 private:
  enum class standing : unsigned char { waiting, has_token };
  using ledger = std::map<void const*, standing>;
  struct claimant;

  bool try_lend(void const* borrower);
  bool lend(void const* borrower, detail::task_core& self, time_point deadline);
  void take_back(void const* borrower);
  void hand_out(detail::wake_chain& woken) noexcept;

  mutable detail::spin_lock lock_;  // guards the rest
  std::size_t total_;
  std::size_t borrowed_ = 0;  // at least total_ whenever tasks wait
  ledger borrowers_;          // its nodes are made and freed without the lock
  detail::wait_queue waiters_{"a capacity_limiter was destroyed while tasks wait for it"};
};

}  // namespace coir
