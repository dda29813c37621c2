// SPDX-License-Identifier: BSL-1.0
/// A moment at which nothing in a run can go on, and those who wait for it.

#pragma once

#include <chrono>
#include <cstddef>

#include <coir/base/list.hpp>
#include <coir/time/clock.hpp>
#include <coir/wait/wait_queue.hpp>

namespace coir::detail {

/// Those of a run who wait until all others are parked, for testing::wait_all_blocked().
///
/// Where tasks share a thread, its loop serves them as soon as it finds nothing to run, before it sleeps or
/// lets virtual time jump. On threads nobody is in such a place: there they look themselves, and only
/// stand here, so that they do not wait for each other.
/// Thread: guarded by its lock; serve() and due(), the loop's.
class lull {
 public:
  /// One who waits, until nothing has run for so long.
  struct waiter : wait_node {
    waiter(task_core& waiting, std::chrono::nanoseconds cushion_) noexcept
        : wait_node(waiting), cushion(cushion_) {}
    std::chrono::nanoseconds const cushion;
  };

  /// Waits until it is served.
  ///   Throws: cancelled.
  void await(task_core& self, std::chrono::nanoseconds cushion);

  /// Nothing can run, and that since as long as `turns`, the number of turns tasks have had, is what it is:
  /// wakes those with the shortest cushion, if it has passed. True if there were any.
  bool serve(time_point now, std::size_t turns) noexcept;

  /// When serve() is next to be called, if nothing runs until then; never: nobody waits.
  [[nodiscard]] time_point due() const noexcept;

  [[nodiscard]] bool anyone() const noexcept { return !waiters_.empty(); }

  /// For threads: `task` stands here until it leaves.
  void enter(waiter& own) noexcept;
  void leave(waiter& own) noexcept;
  [[nodiscard]] bool contains(task_core const& task) noexcept;

 private:
  [[nodiscard]] std::chrono::nanoseconds shortest() const noexcept;

  spin_lock lock_;  // guards the list
  list<waiter, list_hook> waiters_;
  time_point since_{};                   // when the loop first found nothing to run,
  std::size_t turns_ = ~std::size_t{0};  // after so many turns
};

}  // namespace coir::detail
