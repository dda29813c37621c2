// SPDX-License-Identifier: BSL-1.0
/// One worker's runnable fibers, and the direct switch from one to the next.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <coir/wait/task_core.hpp>
#include <coir/wait/this_thread.hpp>

#include "base/random.hpp"
#include "context/switch.hpp"
#include "wait/inbox.hpp"

namespace coir::detail {

/// Whose turn it is on one worker.
///
/// The task that suspends switches straight to the next one: no dispatcher runs in between. Only
/// when the round is over and something else has to be looked at (posts, clock, I/O) does it switch
/// to the worker's loop, which runs as `root`, on the thread's own stack.
///
/// The queue is a ring of pointers, and not a list through the tasks, so that the records of the
/// next tasks can be prefetched while this one still runs. Room for every task is made at spawn:
/// waking never allocates.
///
/// With a seed (S5) a round is a random choice of what is ready, in random order. Such rounds begin in
/// the loop only, one at each look: so where nothing is seeded, the switch knows nothing of it.
/// Thread: its worker's, but for push_from_outside().
struct ready_queue {
  static constexpr int rounds_per_look = 64;                      // S2
  static constexpr std::chrono::microseconds time_per_look{100};  // S2

  explicit ready_queue(virtual_clock* time, std::uint64_t seed = 0) noexcept
      : clock(time), seeded_(seed != 0), random_(seed) {}
  ready_queue(ready_queue const&) = delete;
  ready_queue& operator=(ready_queue const&) = delete;

  /// Makes room for one more task of this worker.
  void reserve_one() {
    if (tasks_ == room()) [[unlikely]]
      grow();
    ++tasks_;
  }
  void release_one() noexcept { --tasks_; }

  /// Appends a task to the queue.
  void push(task_core& task) noexcept { ring_[tail_++ & mask_] = &task; }

  /// The same from another thread: leaves the task in the inbox and rings if the worker sleeps.
  void push_from_outside(task_core& task) noexcept { outside_.push(task); }

  /// Asks the worker to look around, from any thread.
  void ring_from_outside() noexcept { outside_.ring(); }

  /// Suspends the running fiber until it is woken. It is parked, or claimed already.
  void park(task_core& self) noexcept {
    if (execution* const next = leave(self)) [[likely]]
      jump_between(self.flow, *next);
  }

  /// Lets every fiber that is ready now run before `self` goes on.
  void yield(task_core& self) noexcept {
    push(self);
    park(self);
  }

  /// park() for who jumps himself, so that no function of ours returns after it: to where. Null: `self`
  /// has left and come back.
  [[nodiscard]] execution* leave(task_core& self) noexcept;
  /// The same where that is simple. Null: it is not, and nothing has happened.
  [[nodiscard, gnu::always_inline]] execution* leave_at_once(task_core& self) noexcept;

  /// The task that runs on `own` has ended, and its record may be gone. Returns the next task if it
  /// has never run and can begin on this very stack; else gives the stack back and is gone.
  [[gnu::always_inline]] task_core& go_on_after_end(stack& own) noexcept;

  /// The worker's loop lets ready tasks run until none is left, or until it is time to look around.
  /// `now`: what the clock says, of which the caller has just had a reading.
  void run_ready(time_point now) noexcept;

  /// With a seed: how long what tasks have just done seems to have taken, less than `longest`.
  std::chrono::nanoseconds draw_time(std::chrono::nanoseconds longest) noexcept;

  /// Takes what others left in the inbox. True if there was anything.
  bool take_inbox() noexcept;

  /// The worker is about to sleep: from now on a push_from_outside() rings. False if something has
  /// come meanwhile.
  bool fall_asleep() noexcept { return outside_.fall_asleep(); }

  /// Says which eventfd ends the worker's sleep.
  void use_bell(int wake_fd) noexcept { outside_.wake_fd = wake_fd; }

  [[nodiscard]] bool empty() const noexcept { return head_ == tail_; }

  /// How many turns tasks have had.
  [[nodiscard]] std::size_t turns() const noexcept { return head_; }

  virtual_clock* const clock;  // null: real time. A virtual one moves only when nothing can run

  // Set by the worker that owns this queue.
  exception_state* exceptions = nullptr;  // of its thread
  execution root;                         // its loop, on the thread's own stack
  /// Gives a fresh task a stack; false if there is none, and then the task has failed and ended.
  bool (*begin)(ready_queue& home, task_core& fresh) noexcept = nullptr;
  /// Whether a fresh task may run on `own`, which its last task has left; if so it now does.
  bool (*reuse)(ready_queue& home, task_core& fresh, stack& own) noexcept = nullptr;
  /// Returns where to write at which address who leaves `unused` rests there.
  execution& (*give_back)(ready_queue& home, stack& unused) noexcept = nullptr;

 private:
  [[nodiscard]] std::size_t room() const noexcept { return mask_ + 1; }
  void grow();
  /// Leaves with exceptions, or tells a sanitizer. Null, for it has come back.
  execution* leave_here(execution& from, execution& to) noexcept;
  [[nodiscard]] bool may_go_on() noexcept;
  [[nodiscard]] bool may_go_on_at_once() noexcept;
  void set_stop() noexcept;
  task_core* pick() noexcept;
  task_core* pick_begun() noexcept;
  void shuffle_round() noexcept;
  bool read_clock() noexcept;
  [[gnu::always_inline]] void prefetch() const noexcept;

  std::unique_ptr<task_core*[]> ring_;  // the slots from head_ to tail_, modulo the size
  std::size_t mask_ = ~std::size_t{0};  // the size less one: none yet
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  std::size_t stop_ = 0;        // the nearer of the next two: nothing is to be looked at before
  std::size_t round_end_ = 0;   // what lies before it was ready when the round began
  std::size_t next_clock_ = 0;  // read the clock once head_ has come here
  std::size_t stride_ = 1;      // switches between two readings, 1 to 64
  int rounds_left_ = 0;
  time_point last_clock_{};  // when the clock was last read
  time_point last_look_{};   // when the loop last ran
  std::size_t tasks_ = 0;    // alive; the ring has room for them all
  inbox outside_;            // its wakes from other threads
  bool const seeded_;
  random_numbers random_;
};

// Implementation of the switch, in the header so that it is part of each function that parks. What is
// rare is a call at the end of it: then nothing has to be kept.

inline execution* ready_queue::leave(task_core& self) noexcept {
  self.budget = task_core::full_budget;
  task_core* next = pick();
  if (next != nullptr && next->flow.resume_at == nullptr && !begin(*this, *next)) [[unlikely]]
    next = pick_begun();
  if (next == &self) [[unlikely]]
    return nullptr;
  this_thread.current = next;
  execution& to = next != nullptr ? next->flow : root;
  if (sanitizer::at_work || exceptions->any()) [[unlikely]]
    return leave_here(self.flow, to);
  return &to;
}

inline execution* ready_queue::leave_at_once(task_core& self) noexcept {
  if (sanitizer::at_work || exceptions->any() || (head_ == stop_ && !may_go_on_at_once()))
      [[unlikely]]
    return nullptr;
  task_core* const next = ring_[head_ & mask_];
  if (next->flow.resume_at == nullptr || next == &self) [[unlikely]]
    return nullptr;
  ++head_;
  prefetch();
  self.budget = task_core::full_budget;
  this_thread.current = next;
  return &next->flow;
}

/// The task whose stack this is has ended.
inline task_core& ready_queue::go_on_after_end(stack& own) noexcept {
  task_core* next = pick();
  while (next != nullptr && next->flow.resume_at == nullptr) {
    if (reuse(*this, *next, own)) {
      this_thread.current = next;
      return *next;
    }
    if (begin(*this, *next)) break;
    next = pick();
  }
  this_thread.current = next;
  // Nobody takes this stack before the switch: its pool is this thread's.
  rest(give_back(*this, own), next != nullptr ? next->flow : root);
  return *this_thread.current;
}

/// The next task, or null when it is the loop's turn.
inline task_core* ready_queue::pick() noexcept {
  if (head_ == stop_ && !may_go_on()) [[unlikely]]
    return nullptr;
  task_core* const next = ring_[head_++ & mask_];
  prefetch();
  return next;
}

/// False when it is the loop's turn. At a stop: begins the next round if one is over, and looks at the
/// clock if it is time. Asked again before anything was taken, it says the same.
inline bool ready_queue::may_go_on() noexcept {
  if (may_go_on_at_once()) return true;
  if (head_ == round_end_ || read_clock()) return false;
  set_stop();
  return true;
}

/// The same, but false too if the clock is to be read first.
inline bool ready_queue::may_go_on_at_once() noexcept {
  if (head_ == round_end_) {
    if (head_ == tail_) return false;
    if (rounds_left_ <= 1 || outside_.any()) [[unlikely]]
      return false;
    --rounds_left_;
    round_end_ = tail_;
  }
  if (clock == nullptr && static_cast<std::ptrdiff_t>(head_ - next_clock_) >= 0) [[unlikely]]
    return false;
  set_stop();
  return true;
}

inline void ready_queue::set_stop() noexcept {
  stop_ = clock == nullptr && next_clock_ - head_ < round_end_ - head_ ? next_clock_ : round_end_;
}

/// What soon will be touched, fetched while others still run: the frame of a task that comes soon, or all
/// of its record if it has not begun, and the first line of one that comes later. Among thousands of tasks
/// memory is several switches away, so then it looks further ahead. Always inline: g++ drops calls of
/// functions that do nothing but prefetch.
inline void ready_queue::prefetch() const noexcept {
  std::size_t const ready = tail_ - head_;
  if (ready < 2) return;
  bool const many = ready >= 8;
  __builtin_prefetch(ring_[(head_ + (many ? 7 : 1)) & mask_]);
  task_core const* const soon = ring_[(head_ + (many ? 3 : 0)) & mask_];
  auto const* const frame = static_cast<char const*>(soon->flow.resume_at);
  auto const* const rest = reinterpret_cast<char const*>(soon) + 64;
  char const* const next = frame != nullptr ? frame : rest;
  __builtin_prefetch(next);
  __builtin_prefetch(next + 64);
  __builtin_prefetch(next + 128);
}

}  // namespace coir::detail
