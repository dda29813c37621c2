// SPDX-License-Identifier: BSL-1.0
/// What runs on one thread of Boost's fibers: its order, its timers, its sleep.

#pragma once

#include <atomic>
#include <cstddef>

#include <boost/fiber/context.hpp>
#include <boost/fiber/scheduler.hpp>

#include <coir/model/task_info.hpp>
#include <coir/timer/timer.hpp>

#include "context/stack.hpp"
#include "model/boost_fibers_seat.hpp"
#include "model/lull.hpp"
#include "reactor/reactor.hpp"
#include "wait/inbox.hpp"

namespace coir::detail {

/// The part of scheduling_algorithm that Boost does not see.
///
/// Boost's scheduler asks pick_next() each time before it switches, on the fiber that is about to
/// leave. So this is where a fiber's exceptions are put away and the next one's are taken out.
/// Its dispatcher is a fiber among others and gets its turn once a round: then timers and what other
/// threads have left are looked at (S2).
/// Not chosen: Boost's own wakers and remote queue. Whoever uses them from a plain thread gets a
/// whole scheduler for that thread, and the waker may still ring when the sleeper's thread is gone.
/// Thread: the one that made it, but for make_ready_from_outside() and notify().
class boost_loop {
 public:
  boost_loop();
  ~boost_loop();
  boost_loop(boost_loop const&) = delete;
  boost_loop& operator=(boost_loop const&) = delete;

  // What Boost's scheduler wants of its algorithm.
  void awakened(boost::fibers::context& ready) noexcept;
  boost::fibers::context* pick_next() noexcept;
  [[nodiscard]] bool has_ready() const noexcept { return !ready_.empty(); }
  void sleep_until(time_point until) noexcept;
  void notify() noexcept;

  /// Makes a fiber for `fresh`, which runs when its turn comes.
  ///   Throws: std::system_error when there is no stack for it, std::bad_alloc.
  void begin(task_record& fresh);

  /// Appends a suspended fiber to the run queue.
  void make_ready(boost::fibers::context& fiber) noexcept { fiber.ready_link(ready_); }
  /// The same from another thread, for the fiber of a claimed task.
  void make_ready_from_outside(task_core& claimed) noexcept { outside_.push(claimed); }

  /// Adds its timers, and the stacks of our tasks.
  void count(run_statistics& into) const noexcept {
    into.timers = timers_.size();
    into.stacks = stacks_.taken();
  }

  /// Who is to be told when nothing is ready.
  void serve(lull& quiet) noexcept { quiet_ = &quiet; }

  /// First thing that a fiber does when it goes on.
  void arrive() noexcept;

  /// Whether the calling thread is this loop's.
  [[nodiscard]] bool is_here() const noexcept;
  [[nodiscard]] timer_queue& timers() noexcept { return timers_; }
  [[nodiscard]] boost_seat& running() const noexcept { return *running_; }

 private:
  struct pooled_stack;
  struct life;

  static task_core& adopt_running();
  boost_seat& seat_for(boost::fibers::context& fiber) noexcept;
  void look_around() noexcept;
  void leave(boost_seat& from, boost_seat& to) noexcept;

  boost::fibers::scheduler::ready_queue_type ready_;  // oldest first
  timer_queue timers_;
  reactor reactor_;
  stack_pool stacks_;               // of our tasks
  exception_state& exceptions_;     // of this thread: of the fiber that runs
  boost_seat* const main_;          // of the thread's own stack
  boost_seat* running_;             // whose turn it is
  bool switching_ = false;          // it has not arrived yet
  std::atomic<bool> noted_{false};  // notify() was called since the last sleep
  inbox outside_;
  std::size_t turns_ = 0;  // how often a fiber was let run
  lull* quiet_ = nullptr;  // of the run; null: none is here
};

}  // namespace coir::detail
