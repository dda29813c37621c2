// SPDX-License-Identifier: BSL-1.0
/// The one wait: look for a cancel, arm the deadline, park, say why it ended.

#include <coir/cancel/suspend.hpp>

#include <cstdint>
#include <mutex>
#include <string>

#include <sched.h>

#include <coir/sys/futex.hpp>
#include <coir/timer/timer.hpp>

#include "cancel/first_look.hpp"
#include "cancel/in_flight.hpp"
#include "cancel/suspend_beside.hpp"
#include "wait/observer.hpp"
#include "wait/outside.hpp"
#include "wait/parker.hpp"
#include "wait/ready_queue.hpp"
#include "wait/seat.hpp"
#include "wait/waking_signal.hpp"

namespace coir::detail {

std::atomic<void (*)() noexcept> before_first_look{nullptr};

namespace {

/// The deadline of one wait.
struct wait_timer : timer {
  explicit wait_timer(task_core& waiting) noexcept : timer(&on_time), task(waiting) {}

  static void on_time(timer& self) noexcept {
    task_core& task = static_cast<wait_timer&>(self).task;
    if (claim(task, wake_reason::timed_out)) wake(task);
  }

  task_core& task;
};

wake_reason claimed_reason(task_core const& self) noexcept {
  return static_cast<wake_reason>(self.word.load(std::memory_order_acquire) & word::state_mask);
}

/// A thread sleeps until it is woken, and serves its own timers meanwhile: its wait's deadline and
/// those of the scopes it is in.
void sleep_through_timers(task_core& self) {
  while (!sleep_until_woken(self, self.timers->earliest()))
    self.timers->fire_due(std::chrono::steady_clock::now());
}

/// The same for one whose wait a change of a shared word ends too: he then claims his own task.
void sleep_beside(task_core& self, word_beside const& beside) {
  for (;;) {
    std::uint32_t const at = announce_sleep(self);
    if ((at & word::woken) != 0) return;
    std::uint32_t seen = beside.word.fetch_or(beside.asleep, std::memory_order_acq_rel);
    if ((seen & ~beside.asleep) != beside.waiting) {
      // What the bit was added to is over: nobody reads it any more.
      if (claim(self, wake_reason::fulfilled)) return;
      sleep_through_timers(self);
      return;
    }
    seen |= beside.asleep;
    futex_wait_for_either(self.word, at, beside.word, seen, self.timers->earliest());
    self.timers->fire_due(std::chrono::steady_clock::now());
  }
}

/// A serial task's wait is ended by its own timers, or by somebody outside of the run. Returns once it
/// has been ended, or when neither is left.
void sleep_alone(task_core& self) {
  while (is_parked(self)) {
    time_point const until = self.timers->earliest();
    waking_signal* const interrupt = this_thread.interrupt;
    if (outside* const world = this_thread.world->get()) {
      if (interrupt != nullptr) interrupt->look_elsewhere();
      if (!world->sleep(self, until)) return;
      world->attend_if_called();
    } else if (until == never) {
      return;
    } else if (interrupt == nullptr || !interrupt->sleep(until)) {
      sleep_until_woken(self, until);
    }
    self.timers->fire_due(std::chrono::steady_clock::now());
  }
}

/// While it lives, its task is away: those who look on hear of it before and after.
class observed_absence {
 public:
  using way = void (observer::*)(task_core&) noexcept;
  observed_absence(task_core& self, way leaves) noexcept : self_(self), by_(observer_of(self)) {
    if (by_ != nullptr) (by_->*leaves)(self);
  }
  ~observed_absence() {
    if (by_ != nullptr) by_->goes_on(self_);
  }
  observed_absence(observed_absence const&) = delete;
  observed_absence& operator=(observed_absence const&) = delete;

 private:
  task_core& self_;
  observer* const by_;
};

/// Who sees it parked before and after, with the same number, knows that it was parked in between.
void note_begin(task_core& self) noexcept {
  std::uint16_t const before = self.waits_begun.load(std::memory_order_relaxed);
  self.waits_begun.store(static_cast<std::uint16_t>(before + 1), std::memory_order_relaxed);
}

inline void open_wait(task_core& self, char const* what, shielding how,
                      unsigned in_flight) noexcept {
  bool const interruptible = how == shielding::none && in_flight == self.noted;  // C6
  std::uint32_t const to = interruptible ? word::parked : word::parked_shielded;
  self.waits_in.store(what, std::memory_order_relaxed);
  if (single_threaded()) {
    self.word.store(to, std::memory_order_relaxed);
  } else {
    self.word.exchange(to, std::memory_order_seq_cst);  // before the look at `interrupted`
  }
}

void open_wait(task_core& self, char const* what, shielding how) noexcept {
  if (self.kind != task_kind::fiber) note_begin(self);
  open_wait(self, what, how, exceptions_in_flight(self));
}

/// The wait is over, and the task runs: why?
inline wake_reason close_wait(task_core& self) noexcept {
  wake_reason const reason = claimed_reason(self);
  self.word.store(word::running, std::memory_order_relaxed);
  return reason;
}

}  // namespace

void suspension::begin() noexcept { open_wait(self_, what_, how_); }

bool suspension::withdraw() noexcept {
  if (!claim(self_, wake_reason::timed_out)) return false;
  self_.word.store(word::running, std::memory_order_relaxed);
  return true;
}

wake_reason suspension::end(time_point deadline) {
  // A cancel that came after the checkpoint has found nobody parked: it is ours to see.
  if (self_.interrupted.load(std::memory_order_seq_cst) &&
      (self_.word.load(std::memory_order_relaxed) & word::state_mask) == word::parked && withdraw())
    return wake_reason::cancelled;
  if (deadline == never) return park();

  wait_timer limit(self_);
  try {
    self_.timers->set(limit, deadline);
  } catch (...) {
    if (withdraw()) throw;
    return park();  // it has ended in time (C4), and only the wake is to come
  }
  wake_reason reason;
  try {
    reason = park();
  } catch (...) {
    self_.timers->cancel(limit);
    throw;
  }
  self_.timers->cancel(limit);
  return reason;
}

wake_reason suspension::park() {
  if (self_.direct) [[likely]] {
    self_.home->park(self_);
  } else {
    park_otherwise();
  }
  return close_wait(self_);
}

void suspension::park_otherwise() {
  observed_absence const away(self_, &observer::parks);
  if (beside_ != nullptr) return sleep_beside(self_, *beside_);
  switch (self_.kind) {
    case task_kind::fiber: self_.home->park(self_); break;
    case task_kind::serial:
      sleep_alone(self_);
      if (withdraw())
        throw deadlock(std::string("coir: ") + what_ +
                       " can never end: on the serial model no other "
                       "task is running that could end it; use fibers or threads");
      while (!sleep_until_woken(self_, never)) {  // whoever has claimed it owes a wake
      }
      break;
    case task_kind::boost_fiber: seat_of(self_).park(); break;
    case task_kind::thread:
    case task_kind::process: sleep_through_timers(self_); break;
    case task_kind::promise:
    case task_kind::pooled: break;  // never runs here, so never waits
  }
}

namespace {

[[gnu::noinline]] void unlink(spin_lock& lock, list_hook& node) noexcept {
  std::lock_guard<spin_lock> const held(lock);
  node.unlink();
}

/// The wait is over: in no list does the node stay.
inline wake_reason close_wait(task_core& self, spin_lock& lock, list_hook& node) noexcept {
  wake_reason const reason = close_wait(self);
  if (reason != wake_reason::fulfilled) unlink(lock, node);
  return reason;
}

/// The wait is open, and ends by a deadline too, or a cancel has come meanwhile, or it is no fiber's.
[[gnu::noinline]] departure wait_otherwise(task_core& self, spin_lock& lock, list_hook& node,
                                           char const* what, time_point deadline, shielding how) {
  suspension wait(self, what, how);
  try {
    wake_reason const reason = wait.end(deadline);
    if (reason != wake_reason::fulfilled) unlink(lock, node);
    return {nullptr, reason};
  } catch (...) {
    unlink(lock, node);
    throw;
  }
}

/// The whole of it, with a deadline or of a task that is no fiber.
[[gnu::noinline]] departure suspend_otherwise(task_core& self, spin_lock& lock, list_hook& node,
                                              char const* what, time_point deadline,
                                              shielding how) {
  if (deadline != never && deadline <= now()) {
    node.unlink();
    lock.unlock();
    return {nullptr, wake_reason::timed_out};
  }
  open_wait(self, what, how);
  lock.unlock();
  return wait_otherwise(self, lock, node, what, deadline, how);
}

/// Something is to be done before this fiber leaves.
[[gnu::noinline]] departure leave_otherwise(task_core& self, spin_lock& lock, list_hook& node) {
  if (execution* const next = self.home->leave(self)) return {next, wake_reason::fulfilled};
  return {nullptr, close_wait(self, lock, node)};
}

}  // namespace

// What is rare is a call at the end of it, so that nothing has to be kept.
departure begin_suspend(task_core& self, spin_lock& lock, list_hook& node, char const* what,
                        time_point deadline, shielding how) {
  if (deadline != never || !self.direct)
    return suspend_otherwise(self, lock, node, what, deadline, how);
  // The node is linked, but only holders of the lock see it: opening the wait now is soon enough.
  open_wait(self, what, how, self.home->exceptions->uncaught);
  lock.unlock();
  if (self.interrupted.load(std::memory_order_seq_cst))
    return wait_otherwise(self, lock, node, what, never, how);
  if (execution* const next = self.home->leave_at_once(self)) [[likely]]
    return {next, wake_reason::fulfilled};
  return leave_otherwise(self, lock, node);
}

wake_reason end_suspend(task_core& self, spin_lock& lock, list_hook& node) noexcept {
  return close_wait(self, lock, node);
}

wake_reason suspend(task_core& self, spin_lock& lock, list_hook& node, char const* what,
                    time_point deadline, shielding how) {
  if (deadline != never || !self.direct)
    return suspend_otherwise(self, lock, node, what, deadline, how).reason;
  open_wait(self, what, how, self.home->exceptions->uncaught);
  lock.unlock();
  if (self.interrupted.load(std::memory_order_seq_cst))
    return wait_otherwise(self, lock, node, what, never, how).reason;
  self.home->park(self);
  return close_wait(self, lock, node);
}

void give_up_turn(task_core& self) noexcept {
  observed_absence const away(self, &observer::yields);
  if (self.kind == task_kind::fiber) {
    self.home->yield(self);
  } else if (self.kind == task_kind::boost_fiber) {
    seat_of(self).yield();
  } else {
    ::sched_yield();
    time_point const clock = std::chrono::steady_clock::now();
    self.timers->fire_due(clock);
    if (self.kind == task_kind::serial) {
      if (outside* const world = this_thread.world->get()) world->attend_if_called();
      if (this_thread.interrupt != nullptr) this_thread.interrupt->look_now_and_then(clock);
    }
  }
}

wake_reason suspend_beside(task_core& self, word_beside const& beside, char const* what,
                           time_point deadline, shielding how) {
  suspension wait(self, what, how, &beside);
  wait.begin();
  return wait.end(deadline);
}

bool deliverable(task_core const& self) noexcept {
  return self.interrupted.load(std::memory_order_relaxed) &&
         exceptions_in_flight(self) == self.noted;
}

task_core& checkpoint_slowly() {
  look_first();
  task_core& self = current_task_or_thread();
  if (deliverable(self)) deliver(self);
  if (--self.budget == 0) {
    self.budget = task_core::full_budget;
    give_up_turn(self);
    if (deliverable(self)) deliver(self);
  }
  return self;
}

namespace {

/// By a task that is no fiber, or that has a cancel, or a thread.
[[gnu::noinline]] execution* yield_otherwise() {
  look_first();
  task_core& self = current_task_or_thread();
  if (deliverable(self)) deliver(self);
  give_up_turn(self);
  if (deliverable(self)) deliver(self);
  return nullptr;
}

[[gnu::noinline]] execution* leave_in_turn(task_core& self) noexcept {
  return self.home->leave(self);
}

}  // namespace

execution* begin_yield(task_core* self) {
  if (self == nullptr || !self->direct || self->interrupted.load(std::memory_order_relaxed))
      [[unlikely]]
    return yield_otherwise();
  self->home->push(*self);
  if (execution* const next = self->home->leave_at_once(*self)) [[likely]]
    return next;
  return leave_in_turn(*self);
}

void deliver_if_due(task_core& self) {
  if (deliverable(self)) deliver(self);
}

}  // namespace coir::detail
