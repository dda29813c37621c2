// SPDX-License-Identifier: BSL-1.0
/// A scope in a frame, with a deadline if it has one: what timeout, cancel_scope and shield stand on.

#pragma once

#include <coir/cancel/scope.hpp>
#include <coir/time/deadline.hpp>
#include <coir/timer/timer.hpp>

namespace coir::detail {

/// Entered by its constructor, left by exit() or its destructor, by the task that made it.
class COIR_EXPORT timed_scope : private timer {
 public:
  /// A deadline that has come cancels the scope before anything runs in it (T2).
  ///   Throws: std::bad_alloc, and then the scope was not entered.
  explicit timed_scope(time_point deadline = never, bool shielded = false);
  explicit timed_scope(span_of_time limit);
  ~timed_scope() {
    if (!left_) exit();
  }

  /// Leaves the scope. True if a `cancelled` in flight is this scope's to absorb.
  bool exit() noexcept;

  /// Moves the deadline. Not while another thread is at the owner's timers: from the owner's worker.
  ///   Throws: std::logic_error from elsewhere, std::bad_alloc; the deadline then is what it was.
  void move_deadline(time_point deadline);

  [[nodiscard]] scope& base() noexcept { return base_; }
  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }

 private:
  timed_scope(time_point deadline, bool shielded, bool has_come);
  static void on_time(timer& self) noexcept;

  scope base_;
  time_point deadline_;
  bool left_ = false;
};

}  // namespace coir::detail
