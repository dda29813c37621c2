// SPDX-License-Identifier: BSL-1.0
/// Where an idle worker sleeps: epoll, woken by the clock, by descriptors, or by its bell.

#pragma once

#include <coir/sys/descriptor.hpp>
#include <coir/time/clock.hpp>

namespace coir::detail {

/// One worker's epoll instance, and the eventfd by which other threads end its sleep.
///
/// epoll reports readiness: nothing is in flight when a wait is given up, so nothing can be lost.
/// Thread: its worker's; ringing the bell, any.
class reactor {
 public:
  reactor();

  /// The bell: writing 8 bytes to it ends a sleep.
  [[nodiscard]] int bell() const noexcept { return bell_.get(); }

  /// From now on a sleep also ends when `fd` is readable.
  ///   Throws: std::system_error.
  void watch(int fd);

  /// Sleeps until the bell rings or `until` has come, never shorter for the clock's sake than that, or
  /// until what is watched is readable: then true.
  ///   Blocks: the thread.
  bool sleep(time_point until);

 private:
  descriptor bell_;
  descriptor epoll_;
};

}  // namespace coir::detail
