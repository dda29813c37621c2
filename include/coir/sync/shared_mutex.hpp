// SPDX-License-Identifier: BSL-1.0
/// shared_mutex: one writer or any number of readers, first come, first served.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include <coir/cancel/suspend.hpp>
#include <coir/time/deadline.hpp>
#include <coir/wait/wait_queue.hpp>

namespace coir {

/// A mutex that one task holds alone, to write, or several hold shared, to read.
///
/// Strictly first come, first served (Q1): a reader that comes while a writer waits, waits behind it,
/// so neither side starves the other. Readers that wait next to each other are let in together. A
/// task that ends holding it, either way, leaves it broken (Q3). Use with std::unique_lock and
/// std::shared_lock. There is no upgrade from shared to alone: unlock, lock, and look again.
/// Destroying it while tasks wait for it, or others hold it shared, is a bug and aborts.
/// Thread: any.  Mirrors: std::shared_timed_mutex.
class COIR_EXPORT shared_mutex {
 public:
  shared_mutex() noexcept;
  ~shared_mutex();
  shared_mutex(shared_mutex const&) = delete;
  shared_mutex& operator=(shared_mutex const&) = delete;

  /// Takes it alone, parking until it is handed over.
  ///   Blocks: yes; a suspension point even when it is free.
  ///   Throws: cancelled, and then it is not held (C4); std::logic_error if the caller holds it, alone
  ///   or shared; broken_lock if one who held it ended.
  void lock() { (void)try_lock_until(never); }
  /// Takes it alone if it is free; never blocks.
  ///   Throws: broken_lock.
  [[nodiscard]] bool try_lock();
  /// As lock(), for no longer than `limit`; zero or less is one try.
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(std::chrono::duration<Rep, Period> limit) {
    return try_lock_until(detail::deadline_after(now(), limit));
  }
  bool try_lock_until(time_point deadline);
  /// Gives it to the oldest waiter, and if that is a reader, to the readers next to it.
  ///   Blocks: never.  Wakes: one writer or some readers.
  ///   Throws: std::logic_error if the caller does not hold it alone; nothing has changed then.
  void unlock();

  /// Takes it shared with other readers, parking while a writer holds it or waits before us.
  ///   Blocks, Throws: as lock(). A second time by the same task is refused too: a writer that came
  ///   between would wait for us, and we for it.
  void lock_shared() { (void)try_lock_shared_until(never); }
  /// Takes it shared if no writer holds it and nobody waits; never blocks.
  ///   Throws: broken_lock.
  [[nodiscard]] bool try_lock_shared();
  /// As lock_shared(), for no longer than `limit`; zero or less is one try.
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_shared_for(std::chrono::duration<Rep, Period> limit) {
    return try_lock_shared_until(detail::deadline_after(now(), limit));
  }
  bool try_lock_shared_until(time_point deadline);
  /// Gives up the caller's share; the last one lets the oldest waiter in.
  ///   Blocks: never.  Wakes: at most one writer.
  ///   Throws: std::logic_error if the caller does not hold it shared; nothing has changed then.
  void unlock_shared();

  /// Whether somebody holds it alone.
  [[nodiscard]] bool is_locked() const noexcept;
  /// How many hold it shared.
  [[nodiscard]] std::size_t readers() const noexcept;

 private:
  /// What a task that holds it has of it, in its list of held locks.
  struct hold : detail::held_lock {
    shared_mutex* of;
  };
  /// A task in line.
  struct claimant : detail::wait_node {
    using wait_node::wait_node;
    bool alone = false;
  };

  [[nodiscard]] hold* share_of(detail::task_core& self) const noexcept;
  void refuse_holder(detail::task_core& self) const;
  [[nodiscard]] std::unique_ptr<hold> make_share();
  [[nodiscard]] bool readers_may_enter() noexcept;
  bool wait_in_line(detail::task_core& self, claimant& node, char const* what, time_point deadline);
  void admit(detail::wake_chain& woken) noexcept;
  void admit_and_wake() noexcept;
  void break_for_all(detail::wake_chain& woken) noexcept;
  static void writer_ended(detail::held_lock& self) noexcept;
  static void reader_ended(detail::held_lock& self) noexcept;
  static void show_waiters(detail::held_lock& self, void* to,
                           void (*see)(void* to, detail::task_core& waiter)) noexcept;

  mutable detail::spin_lock lock_;       // guards the rest
  detail::task_core* writer_ = nullptr;  // holds it alone; also while handed over and not yet run
  std::size_t readers_ = 0;              // hold it shared, likewise; 0 while there is a writer_
  bool broken_ = false;                  // one who held it ended
  hold alone_;                           // the writer's
  detail::wait_queue waiters_{"a shared_mutex was destroyed while tasks wait for it"};
};

}  // namespace coir
