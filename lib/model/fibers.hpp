// SPDX-License-Identifier: BSL-1.0
/// The fibers model: one worker, its loop, and the stacks of its tasks.

#pragma once

#include <coir/timer/timer.hpp>

#include "context/overflow.hpp"
#include "context/stack.hpp"
#include "model/far_waits.hpp"
#include "model/runtime.hpp"
#include "reactor/reactor.hpp"
#include "wait/ready_queue.hpp"

namespace coir::detail {

/// A run on fibers. The calling thread is its worker.
///
/// Thread: its worker's; wakes come from any, through the ready queue's inbox.
class fibers_runtime final : public runtime {
 public:
  explicit fibers_runtime(run_options const& options);

  /// Runs `main` and everything it spawns, to the end.
  ///   Throws: deadlock, in virtual time or if when_stuck says so.
  void run(task_record& main);

  void start(task_record& fresh) override {
    queue_.reserve_one();
    fresh.home = &queue_;
    fresh.timers = &timers_;
    queue_.push(fresh);
  }
  void task_left(std::size_t left) noexcept override;
  [[nodiscard]] int bell() const noexcept override { return reactor_.bell(); }
  [[nodiscard]] far_waits* far() noexcept override { return &far_; }

  /// The runtime whose queue `home` is.
  static fibers_runtime& of(ready_queue& home) noexcept;

 private:
  void count(run_statistics& into) noexcept override;

  struct worker_queue : ready_queue {
    worker_queue(fibers_runtime& owner_, virtual_clock* time, std::uint64_t seed) noexcept
        : ready_queue(time, seed), owner(owner_) {}
    fibers_runtime& owner;
  };

  void loop(task_record& main);
  void serve_virtual_time() noexcept;
  void look_for_interrupt(time_point now) noexcept;
  void sleep(time_point until);
  void idle();
  void nothing_can_run();
  bool stuck_in_real_time();
  [[nodiscard]] time_point clock() const noexcept;

  static bool begin(ready_queue& home, task_core& fresh) noexcept;
  bool begin_end(task_core& never_begun) noexcept;
  execution& give_back_last() noexcept;
  static bool reuse(ready_queue& home, task_core& fresh, stack& own) noexcept;
  static execution& give_back(ready_queue& home, stack& unused) noexcept;
  static void fiber_entry(boost::context::detail::transfer_t from);

  signal_stack signals_;
  stack own_stack_;         // of the thread, for the sanitizers
  timer_queue own_timers_;  // in virtual time
  timer_queue& timers_;  // those, or the thread's: deadlines around the run are served as its own
  reactor reactor_;
  stack_pool stacks_;
  stack& last_stack_;  // for the ends of tasks for which there was none
  bool last_stack_is_taken_ = false;
  execution rests_on_last_;          // nobody is ever let go on from there
  task_core* ends_first_ = nullptr;  // the tasks that wait for it, linked by task_core::next
  task_core* ends_last_ = nullptr;
  worker_queue queue_;
  far_waits far_;
  std::string stuck_;  // who waited for what when nothing could run any more, if that ends the run
  std::size_t told_stuck_ = 0;  // after how many turns a warning last said so
  bool trim_wanted_ = false;    // stacks may lie idle with their pages
  time_point next_trim_{};      // not looked at before
};

}  // namespace coir::detail
