// SPDX-License-Identifier: BSL-1.0
/// What a task is to those who wait for it and wake it, on every model.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <coir/base/list.hpp>
#include <coir/base/spin_lock.hpp>
#include <coir/context/execution.hpp>
#include <coir/time/clock.hpp>
#include <coir/wait/local_values.hpp>
#include <coir/wait/task_notes.hpp>
#include <coir/wait/this_thread.hpp>

namespace coir::detail {

struct ready_queue;
struct scope;
class timer_queue;

/// How a task is suspended and resumed: all that differs between models in the one wait.
enum class task_kind : std::uint8_t {
  fiber,        // its worker switches to another fiber
  thread,       // its thread sleeps on `word`
  serial,       // its thread sleeps, but only for a deadline: nobody else is there to end the wait
  boost_fiber,  // Boost.Fiber's scheduler switches to another fiber
  promise,      // nobody runs it: parked until whoever settles it claims it; never woken
  process,  // runs elsewhere: parked here, a cancel claims it, and wake() passes that on; its end
            // runs here, on a thread that then is its own
  pooled,   // runs in a pool's worker: as `process`, but its end is as a promise's, and no task's
};

/// Why a wait ended.
enum class wake_reason : std::uint32_t { fulfilled = 3, timed_out = 4, cancelled = 5 };

/// The values of task_core::word.
///
///   running          not waiting
///   parked           waiting; any one claimant may end it
///   parked_shielded  waiting; a cancel may not end it
///   fulfilled, timed_out, cancelled (wake_reason)
///                    claimed: one claimant won, and owes one wake()
///   | woken          (threads) wake() was called
///   | asleep         (threads) the thread is in, or on its way into, the kernel
namespace word {
inline constexpr std::uint32_t running = 0;
inline constexpr std::uint32_t parked = 1;
inline constexpr std::uint32_t parked_shielded = 2;
inline constexpr std::uint32_t state_mask = 7;
inline constexpr std::uint32_t woken = 8;
inline constexpr std::uint32_t asleep = 16;
}  // namespace word

struct task_core;

/// A lock that knows how to tell its waiters that its owner ended without unlocking it.
struct held_lock {
  void (*abandon)(held_lock& self) noexcept = nullptr;
  /// Shows each task that is parked for it to `see`; null: it cannot tell.
  void (*waiters)(held_lock& self, void* to,
                  void (*see)(void* to, task_core& waiter)) noexcept = nullptr;
  held_lock* below = nullptr;  // in its owner's held_locks
};

/// What a task holds, as a stack: locks are mostly given up in the opposite order.
/// Thread: the task's own.
class held_lock_stack {
 public:
  void push(held_lock& taken) noexcept {
    taken.below = top_;
    top_ = &taken;
  }
  /// Takes out `gone`, if it is in here.  O(1) for the one taken last.
  void remove(held_lock& gone) noexcept {
    held_lock** at = &top_;
    while (*at != &gone) [[unlikely]] {
        if (*at == nullptr) return;
        at = &(*at)->below;
      }
    *at = gone.below;
  }
  template <class F>
  void for_each(F&& f) const {
    for (held_lock* at = top_; at != nullptr; at = at->below) f(*at);
  }
  /// The task has ended: its locks are broken for all others.
  void abandon_all() noexcept {
    while (held_lock* const lock = top_) {
      top_ = lock->below;
      lock->abandon(*lock);
    }
  }

 private:
  held_lock* top_ = nullptr;
};

/// Somebody who wants to know when a task has ended.
struct watcher : list_hook {
  /// Called once, by the thread that ends the task, with the task's lock held. Returns a task that it
  /// has claimed and that must now be woken, or null.
  task_core* (*ended)(watcher& self, task_core& ended_task) noexcept = nullptr;
  /// Called with the watched task's lock held: the task that is parked for its end, or null.
  task_core* (*waiter)(watcher& self) noexcept = nullptr;
};

/// What all records of one kind have in common.
struct core_type {
  void (*destroy)(task_core& self) noexcept;
};
/// Of a record that somebody else owns: its thread, its seat.
inline constexpr core_type owned_elsewhere{[](task_core&) noexcept {}};

/// The part of a task that waits and wakes touch.
///
/// The word in which a wait is claimed lies here and not in the wait node: a waker that has claimed
/// may still read the task until it has called wake(), and only then does the task go on. Between
/// claim and wake the task, and whatever lies on its stack, is frozen.
struct alignas(64) task_core {
  // One cache line: all that a switch, a park and a wake touch.
  execution flow;               // fibers: where it goes on, or its seat; on which stack of ours
  ready_queue* home = nullptr;  // fibers: the worker that it never leaves
  scope* innermost = nullptr;   // the cancel scope it is in; guarded by `lock`
  std::atomic<std::uint32_t> word{word::running};
  unsigned noted = 0;                    // exceptions in flight when `innermost` was entered (C6)
  std::atomic<bool> interrupted{false};  // `innermost` is reached by a cancel; set under `lock`
  task_kind const kind;
  std::uint16_t budget = full_budget;  // operations left in this turn (S4)
  bool const direct;    // a fiber at which nobody looks: parked and woken without further questions
  bool const observed;  // its run looks on
  std::atomic<std::uint16_t> waits_begun{0};   // but for fibers; may overflow
  task_core* next = nullptr;                   // in a wake_chain or a worker's inbox
  std::atomic<char const*> waits_in{nullptr};  // while it is parked: the operation

  timer_queue* timers = nullptr;  // whose thread fires this task's deadlines; the task's own
  std::atomic<std::uint32_t> refs{1};
  spin_lock lock;  // guards its scopes, its watchers and its end
  std::atomic<bool> ended{false};
  std::uint16_t open_sets = 0;        // scoped_sets that have not ended; the task's own
  list<watcher, list_hook> watchers;  // guarded by lock
  held_lock_stack held_locks;         // the task's own
  std::uint64_t id = 0;               // unique in the process; 0: a plain thread
  std::unique_ptr<task_notes> notes;  // guarded by lock; of an observed task it stays as it is
  locals_ref locals;                  // its task_locals; the task's own
  core_type const& type;

  static constexpr std::uint16_t full_budget = 256;

  explicit task_core(task_kind kind_, core_type const& type_ = owned_elsewhere,
                     bool observed_ = false) noexcept
      : kind(kind_),
        direct(kind_ == task_kind::fiber && !observed_),
        observed(observed_),
        type(type_) {}

  void add_ref() noexcept {
    if (single_threaded()) {
      refs.store(refs.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    } else {
      refs.fetch_add(1, std::memory_order_relaxed);
    }
  }
  void drop_ref() noexcept {
    if (release_ref()) type.destroy(*this);
  }
  /// Gives a reference up. True if it was the last one: then the caller is to destroy it.
  [[nodiscard]] bool release_ref() noexcept {
    // Who holds the last one is alone: nobody is left to take another from.
    std::uint32_t const held = refs.load(std::memory_order_acquire);
    if (held == 1) return true;
    if (single_threaded()) {
      refs.store(held - 1, std::memory_order_relaxed);
      return false;
    }
    return refs.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }
};

/// The task that is running, or null outside of one.
inline task_core* current_task() noexcept { return this_thread.current; }

/// The task's name: the one it was given, else "task-ID".
COIR_EXPORT std::string name_of(task_core& task);

/// Gives it a name; empty: "task-ID" again.
COIR_EXPORT void set_name(task_core& task, std::string name);

/// Whether `task` is parked, and nobody has ended its wait yet.
inline bool is_parked(task_core const& task) noexcept {
  std::uint32_t const state = task.word.load(std::memory_order_relaxed) & word::state_mask;
  return state == word::parked || state == word::parked_shielded;
}

/// Ends `task`'s wait for `reason`, if nobody has yet: true for the one who did, who then owes one
/// wake().
///   Thread: any; the caller makes sure that the task's wait cannot have ended otherwise: by the lock
///   under which the task's node is linked, or by task.lock.
inline bool claim(task_core& task, wake_reason reason) noexcept {
  auto const to = static_cast<std::uint32_t>(reason);
  std::uint32_t at = task.word.load(std::memory_order_seq_cst);  // see scope's refresh()
  for (;;) {
    std::uint32_t const state = at & word::state_mask;
    if (state != word::parked &&
        !(state == word::parked_shielded && reason != wake_reason::cancelled))
      return false;
    if (single_threaded()) {
      task.word.store(to, std::memory_order_relaxed);
      return true;
    }
    if (task.word.compare_exchange_weak(at, to | (at & word::asleep), std::memory_order_acq_rel,
                                        std::memory_order_relaxed))
      return true;
  }
}

/// Lets a claimed task go on: pushes it on its worker's run queue or inbox, or rouses its thread.
/// Never runs it, never calls the scheduler. The caller holds no lock and touches the task no more.
///   Blocks: never.
COIR_EXPORT void wake(task_core& claimed) noexcept;

/// Claimed tasks to be woken once the locks are released, in order.
class wake_chain {
 public:
  void add(task_core* claimed) noexcept {
    if (claimed == nullptr) return;
    claimed->next = nullptr;
    *last_ = claimed;
    last_ = &claimed->next;
  }

  void wake_all() noexcept {
    for (task_core* at = first_; at != nullptr;) {
      task_core* const after = at->next;  // once woken, `at` may be gone
      wake(*at);
      at = after;
    }
    first_ = nullptr;
    last_ = &first_;
  }

 private:
  task_core* first_ = nullptr;
  task_core** last_ = &first_;
};

}  // namespace coir::detail
