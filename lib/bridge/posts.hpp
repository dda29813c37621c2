// SPDX-License-Identifier: BSL-1.0
/// What other threads have posted to a run, and has not been done yet.

#pragma once

#include <memory>

#include <coir/bridge/loop_handle.hpp>
#include <coir/wait/task_core.hpp>

namespace coir::detail {

/// A line of calls, first come, first served, and the one task that makes them.
/// Thread: post(), any; the rest, a task of the run.
class post_line {
 public:
  /// Whoever destroys the last of it has nothing left to do for the run.
  ~post_line();

  /// Appends `call`.
  ///   Throws: loop_closed after close().
  void post(std::unique_ptr<posted_call> call);

  /// Whether the caller is now to see to it that somebody serves: true for the first.
  bool open() noexcept;
  /// Nobody can, after all.
  void reopen() noexcept;
  /// Somebody does.
  void served() noexcept;
  [[nodiscard]] bool is_served() noexcept;

  /// Makes the calls, in order, until the calling task is cancelled.
  ///   Throws: cancelled.
  void serve();

  /// Makes those that are there now.
  void make_calls() noexcept;

  /// No more are taken. Those that are there are made, in a cancelled scope.
  void close() noexcept;

 private:
  [[nodiscard]] std::unique_ptr<posted_call> take() noexcept;

  spin_lock lock_;                      // guards the rest
  std::unique_ptr<posted_call> first_;  // linked by posted_call::next
  posted_call* last_ = nullptr;
  task_core* server_ = nullptr;  // parked for a call
  bool opened_ = false;
  bool served_ = false;
  bool closed_ = false;
};

}  // namespace coir::detail
