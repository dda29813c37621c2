// SPDX-License-Identifier: BSL-1.0
/// The worker's loop, and how a fiber begins and ends.

#include "model/fibers.hpp"

#include <algorithm>
#include <utility>

#include <coir/base/check.hpp>
#include <coir/base/relax.hpp>
#include <coir/base/warning.hpp>
#include <coir/time/deadline.hpp>

#include "model/stack_overflow.hpp"

namespace coir::detail {
namespace {

constexpr std::size_t stacks_kept_warm = 1024;  // idle stacks that keep their pages
constexpr std::chrono::seconds trim_period{1};  // how long others must lie idle to lose them

/// The stack that the run's thread is on: its own, but inside of a generator's body.
void describe_stack_of_caller(stack& own) {
  task_core const* const caller =
      this_thread.current != nullptr ? this_thread.current : this_thread.driver;
  if (caller != nullptr && caller->flow.on != nullptr) {
    own = *caller->flow.on;
  } else {
    sanitizer::describe_thread_stack(own);
  }
}

}  // namespace

fibers_runtime::fibers_runtime(run_options const& options)
    : runtime(model::fibers, options),
      timers_(options.clock != nullptr ? own_timers_ : around_),
      last_stack_(
          *stacks_.take(options.stack_size != 0 ? options.stack_size : stack_pool::default_size)
               .on),
      queue_(*this, options.clock, options.seed) {
  catch_overflows(&is_overflow);
  describe_stack_of_caller(own_stack_);
  queue_.root.on = &own_stack_;
  queue_.exceptions = &exceptions_of_this_thread();
  queue_.use_bell(reactor_.bell());
  queue_.begin = &begin;
  queue_.reuse = &reuse;
  queue_.give_back = &give_back;
}

void fibers_runtime::run(task_record& main) {
  try {
    if (interrupts_.is_on()) reactor_.watch(interrupts_.bell());
    start(main);
  } catch (...) {
    disown(main);
    throw;
  }
  thread_state const outside = std::exchange(this_thread, thread_state{nullptr, &queue_});
  struct restore {
    thread_state const& to;
    ~restore() { this_thread = to; }
  } const at_end{outside};
  loop(main);
  if (!stuck_.empty()) throw deadlock("coir: " + stuck_);
}

/// The loop, in this order (ARCHITECTURE.md, "The loop"):
void fibers_runtime::loop(task_record& main) {
  bool ending = false;
  for (;;) {
    // 1. Wakes from other threads join the run queue, and those from other processes.
    queue_.take_inbox();
    if (far_.any()) far_.look();
    // 2. Due timers end their waits, and SIGINT main's.
    if (queue_.clock != nullptr) serve_virtual_time();
    time_point const now = clock();
    timers_.fire_due(now);
    if (interrupts_.is_on()) look_for_interrupt(now);
    // 3. Ready tasks run, each switching to the next, until none is left or it is time to look.
    queue_.run_ready(now);
    // 4. Once main has ended, all that is left is cancelled, and the loop goes on until it is gone.
    if (!ending && main.ended.load(std::memory_order_relaxed)) {
      ending = true;
      shut_down();
    }
    if (ending && live_count() == 0) return;
    // 5. With nothing ready, those go on who wait for just that; else the thread sleeps until a wake
    //    or the next timer.
    if (queue_.empty()) idle();
  }
}

time_point fibers_runtime::clock() const noexcept {
  return queue_.clock != nullptr ? queue_.clock->now() : std::chrono::steady_clock::now();
}

/// Deadlines around a run in virtual time are in real time, for so is all that is around it. And what
/// tasks do may seem to take time, but not while somebody outside works in real time.
void fibers_runtime::serve_virtual_time() noexcept {
  if (!around_.empty()) around_.fire_due(std::chrono::steady_clock::now());
  virtual_clock& time = *queue_.clock;
  if (time.work_takes().count() <= 0 || queue_.empty()) return;
  if (world() != nullptr && world()->expects_someone()) return;
  time.advance_to(deadline_after(time.now(), queue_.draw_time(time.work_takes())));
}

/// While the worker never sleeps, nobody tells it of SIGINT.
void fibers_runtime::look_for_interrupt(time_point now) noexcept {
  interrupts_.look_now_and_then(queue_.clock == nullptr ? now : std::chrono::steady_clock::now());
}

void fibers_runtime::sleep(time_point until) {
  if (reactor_.sleep(until)) interrupts_.look();
}

void fibers_runtime::idle() {
  // Asked first: who is not expected any more has left his wakes in the inbox before.
  bool const wakes_may_come = world() != nullptr && world()->expects_someone();
  if (quiet().anyone()) {
    if (queue_.take_inbox() || quiet().serve(clock(), queue_.turns())) return;
  }
  if (queue_.clock != nullptr) {
    if (queue_.take_inbox()) return;
    if (wakes_may_come) {
      // Time may not jump: what is done out there takes real time, and no virtual one.
      if (queue_.fall_asleep()) sleep(around_.earliest());
      return;
    }
    if (timers_.empty() && !quiet().anyone()) return nothing_can_run();
    queue_.clock->advance_to(std::min(timers_.earliest(), quiet().due()));
    return;
  }
  // Another thread's answer is often less than a microsecond away (S3).
  for (int spins = single_threaded() ? 0 : 32; spins > 0; --spins) {
    if (queue_.take_inbox()) return;
    relax();
  }
  if (timers_.empty() && options().when_stuck != when_stuck::wait && !wakes_may_come &&
      !quiet().anyone() && stuck_in_real_time())
    return;
  time_point until = std::min(timers_.earliest(), quiet().due());
  time_point const clock = std::chrono::steady_clock::now();
  if (trim_wanted_ && clock >= next_trim_) {
    trim_wanted_ = stacks_.trim(stacks_kept_warm);
    next_trim_ = clock + trim_period;
  }
  if (trim_wanted_) until = std::min(until, next_trim_);
  if (queue_.fall_asleep()) sleep(until);
}

void fibers_runtime::nothing_can_run() {
  if (!stuck_.empty())
    die("a run is stuck for good: tasks that cannot be cancelled wait for each other:" +
        describe_waits());
  stuck_ = "nothing can run any more, and no timer is set:" + describe_waits();
  shut_down();
}

/// Does as run_options::when_stuck says. True if some task can go on after that.
bool fibers_runtime::stuck_in_real_time() {
  if (queue_.take_inbox()) return true;
  if (options().when_stuck == when_stuck::fail && stuck_.empty()) {
    nothing_can_run();
    return true;
  }
  if (queue_.turns() == told_stuck_) return false;  // since then nobody had a turn
  told_stuck_ = queue_.turns();
  warn("nothing can run any more, and no timer is set:" + describe_waits());
  return false;
}

void fibers_runtime::task_left(std::size_t) noexcept { queue_.release_one(); }

void fibers_runtime::count(run_statistics& into) noexcept {
  into.turns = queue_.turns();
  into.timers = timers_.size();
  into.stacks = stacks_.taken() - (last_stack_is_taken_ ? 0 : 1);
}

fibers_runtime& fibers_runtime::of(ready_queue& home) noexcept {
  return static_cast<worker_queue&>(home).owner;
}

bool fibers_runtime::begin(ready_queue& home, task_core& fresh) noexcept {
  fibers_runtime& self = of(home);
  auto& task = static_cast<task_record&>(fresh);
  if (task.error != nullptr) return self.begin_end(task);
  try {
    fresh.flow = self.stacks_.take(task.stack_size);
    if (fresh.flow.resume_at == nullptr) prepare(fresh.flow, *fresh.flow.on, &fiber_entry);
    return true;
  } catch (...) {
    task.error = std::current_exception();
  }
  return self.begin_end(task);
}

/// A task for which there is no stack has its end on the last one, which is kept for that, one such task
/// after the other: what it leaves behind may wait, and finds itself in that task.
bool fibers_runtime::begin_end(task_core& never_begun) noexcept {
  if (last_stack_is_taken_) {
    never_begun.next = nullptr;
    *(ends_last_ != nullptr ? &ends_last_->next : &ends_first_) = &never_begun;
    ends_last_ = &never_begun;
    return false;
  }
  last_stack_is_taken_ = true;
  prepare(never_begun.flow, last_stack_, &fiber_entry);
  return true;
}

execution& fibers_runtime::give_back_last() noexcept {
  last_stack_is_taken_ = false;
  if (ends_first_ != nullptr) {
    queue_.push(*std::exchange(ends_first_, ends_first_->next));
    if (ends_first_ == nullptr) ends_last_ = nullptr;
  }
  return rests_on_last_;
}

bool fibers_runtime::reuse(ready_queue& home, task_core& fresh, stack& own) noexcept {
  if (static_cast<task_record&>(fresh).stack_size > own.size || &own == &of(home).last_stack_)
    return false;
  fresh.flow = {own.low, &own};  // not null: it has begun
  return true;
}

execution& fibers_runtime::give_back(ready_queue& home, stack& unused) noexcept {
  fibers_runtime& self = of(home);
  if (&unused == &self.last_stack_) return self.give_back_last();
  self.trim_wanted_ = true;
  return self.stacks_.give_back(unused);
}

void fibers_runtime::fiber_entry(boost::context::detail::transfer_t from) {
  ready_queue& home = *this_thread.home;
  arrive(from);
  task_core* task = this_thread.current;
  stack& own = *task->flow.on;
  // A stack serves task after task while the next one is fresh too: no switch at all in between.
  for (;;) {
    live(static_cast<task_record&>(*task));
    task = &home.go_on_after_end(own);
  }
}

}  // namespace coir::detail
