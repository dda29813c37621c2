// SPDX-License-Identifier: BSL-1.0
/// The world outside of a run, as the waits in it see it: who out there may yet end one of them.

#pragma once

#include <atomic>
#include <cstdint>

#include <coir/wait/task_core.hpp>

namespace coir::detail {

/// Made when a run first has something to do with a thread that is not its own. Those threads hold on
/// to it, so it may outlive the run.
///
/// While somebody is expected, a virtual clock stands still (S5), and a wait on `serial` may last.
/// Thread: any.
class outside {
 public:
  /// `bell`: the eventfd that ends the sleep of a run in virtual time; -1: none.
  explicit outside(int bell) noexcept : bell_(bell) {}
  outside(outside const&) = delete;
  outside& operator=(outside const&) = delete;
  virtual ~outside() = default;

  /// One more is out there who may end waits of the run.
  void expect() noexcept { expected_.fetch_add(1, std::memory_order_relaxed); }

  /// One of them is not out there any more. Who then finds nobody expected sees what he has done.
  void expect_less() noexcept;

  [[nodiscard]] bool expects_someone() const noexcept {
    return expected_.load(std::memory_order_acquire) != 0;
  }

  /// Serial: somebody outside has left something to be done, which attend() does. Ends sleep().
  void call() noexcept;

  /// Serial: does what was left, if anything, beside the running task, which waits or yields. Not inside
  /// itself: what is left meanwhile comes later.
  void attend_if_called() noexcept;

  /// Serial: main has ended, and the rest is about to be cancelled.
  virtual void main_ended() {}

  /// The run is over: nobody reaches it from now on.
  ///   Blocks: the thread, until `give_up` at most, for what the run has left behind out there;
  ///   with time_point::min() not at all, and without a word.
  virtual void close(time_point give_up) noexcept;

  /// Lets the parked serial task `self` sleep until somebody outside has done something, or `until`.
  /// False if nobody is expected and no deadline either: its wait can never end.
  bool sleep(task_core& self, time_point until) noexcept;

 private:
  virtual void attend() {}

  std::atomic<unsigned> expected_{0};
  spin_lock lock_;                // guards the rest
  int bell_;                      // -1: none, or the run is over
  task_core* sleeper_ = nullptr;  // the task inside sleep()
  bool called_ = false;           // and not attended to yet
  bool attending_ = false;
};

}  // namespace coir::detail
