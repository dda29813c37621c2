// SPDX-License-Identifier: BSL-1.0
/// The scope tree: where a cancel request is kept, how far it reaches, when it is delivered.

#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <utility>

#include <coir/base/error.hpp>
#include <coir/base/list.hpp>
#include <coir/wait/task_core.hpp>

namespace coir::detail {

/// Others who want to know that a scope is reached: std's code, by its own kind of token.
struct stop_signal {
  std::stop_source source;
  stop_signal* next = nullptr;  // in a cancel's list of work
};

/// A region of one task's run that can be cancelled as a whole (C1).
///
/// The scopes of a task form a stack: `outer` and `inner` link it. Across tasks they form a tree: a
/// task that was spawned in a group hangs with its root scope below the group's scope.
/// A cancel marks its scope, then walks inward, and on to the tasks that hang below, and sets
/// `reached` wherever code is now to be interrupted. A suspension point reads the innermost scope's
/// flag, of which the task keeps a copy beside what a switch touches anyhow.
/// Invariant: reached == called || inherited || (the outer scope is reached, this one is not
/// shielded, and both were entered with equally many exceptions in flight (C6)).
/// Invariant: task->interrupted == task->innermost->reached, and task->noted is its note.
/// Thread: fields are guarded by task->lock.
struct scope : list_hook {
  scope(task_core& in, unsigned exceptions_at_entry) noexcept
      : task(&in), note(exceptions_at_entry) {}

  task_core* const task;
  scope* outer = nullptr;
  scope* inner = nullptr;
  scope* parent = nullptr;          // root scopes: the group's scope that this hook hangs on
  list<scope, list_hook> children;  // root scopes of tasks spawned below this one
  bool reached = false;             // a cancel is to be delivered to the code in here
  bool called = false;              // cancel() was called on this very scope
  bool inherited = false;           // root scopes: the parent was cancelled, or the run is ending
  bool handed_down = false;         // root scopes: the parent's cancel has been passed on to here
  bool shielded = false;            // outer cancels do not reach in
  bool told = false;             // somebody knows of its cancel: it was thrown, went on to another
                                 // task or to a stop_token, or was asked for
  std::uint16_t deliveries = 0;  // how often `cancelled` was thrown for its cancel; not all counted
  std::atomic<unsigned> note;    // std::uncaught_exceptions() at entry; root scopes: `deaf` once
                                 // their task's function has ended
  unsigned requests = 0;         // cancels not taken back by uncancel()
  cancel_reason reason;          // of the first cancel; meaningful once called or inherited
  scope* next_reached = nullptr;  // in a cancel's list of work
  std::atomic<stop_signal*> signal{
      nullptr};  // null: nobody has asked for one, or it has been given
};

/// A note that no count of exceptions equals.
inline constexpr unsigned deaf = ~0U;

/// From now on no cancel is delivered in `self`, which is running: its function has ended, and what
/// is left is cleanup.
inline void turn_deaf(task_core& self, scope& root) noexcept {
  root.note.store(deaf, std::memory_order_relaxed);
  self.noted = deaf;
}

/// Makes `s` the innermost scope of its task, which is running here.
COIR_EXPORT void enter(scope& s) noexcept;

/// Leaves `s`, the innermost scope of its task. True if a `cancelled` in flight is this scope's to
/// absorb: it was cancelled itself, and no outer scope was (T1: the outermost wins).
COIR_EXPORT bool leave(scope& s) noexcept;

/// Requests a cancel of `s`. A task that is parked in it wakes with `cancelled`.
///   Wakes: all who are parked in it, in tasks below it too.
///   Thread: any, while `s` lives.
///   O(scopes reached)
COIR_EXPORT void cancel(scope& s, cancel_reason reason) noexcept;

/// The same, called with `keeping` held, a lock that keeps `s` from being left. It is released once
/// `s` is not needed any more, and before anything of the user's may run.
COIR_EXPORT void cancel(scope& s, cancel_reason reason, spin_lock& keeping) noexcept;

/// "requested", with this text; without it if there is no memory for it. For destructors.
COIR_EXPORT cancel_reason cleanup_reason(char const* text) noexcept;

/// Takes back one request; returns how many are left (asyncio's Task.uncancel).
COIR_EXPORT unsigned uncancel(scope& s) noexcept;

/// Turns the shield on or off; off, a pending outer cancel reaches in at once.
COIR_EXPORT void set_shield(scope& s, bool shielded) noexcept;

/// A token that is stopped when `s`, in which the calling task is, is reached; at once if it is.
///   Throws: std::bad_alloc.
COIR_EXPORT std::stop_token stop_token_of(scope& s);

/// Nobody is told any more: `s` is being left. Its task is locked; the caller destroys what is returned,
/// once it is not.
[[nodiscard]] inline stop_signal* take_signal(scope& s) noexcept {
  return s.signal.exchange(nullptr, std::memory_order_relaxed);
}

/// Hangs the root scope of a task that has not begun below `parent`; it inherits a cancel.
COIR_EXPORT void attach(scope& root, scope& parent) noexcept;

/// The same for a task that runs and hangs nowhere: a cancel of `parent` goes on to what it is in.
///   Wakes: as cancel().
COIR_EXPORT void attach_running(scope& root, scope& parent) noexcept;

/// Takes a root scope from its parent, if it has one.
COIR_EXPORT void detach(scope& root) noexcept;

/// Cancels a task's root scope from above, as its run does when it ends.
COIR_EXPORT void inherit(scope& root, cancel_reason reason) noexcept;

/// Whether a cancel would be thrown now in `self`, which is running: its innermost scope is reached,
/// and no exception is in flight that was not when that scope was entered (C6).
COIR_EXPORT bool deliverable(task_core const& self) noexcept;

/// Throws `cancelled` with the reason of the outermost cancelled scope. From the second time on, the
/// task gives up its turn first (C3).
[[noreturn]] COIR_EXPORT COIR_COLD void deliver(task_core& self);

/// The record of the calling thread, which runs no task.
COIR_EXPORT COIR_COLD task_core& this_plain_thread();

/// The running task; a plain thread has a record of its own, so that it may wait for what tasks wait
/// for.
inline task_core& current_task_or_thread() {
  task_core* const running = this_thread.current;
  return running != nullptr ? *running : this_plain_thread();
}

/// What checkpoint() does when anything is to be done.
COIR_EXPORT COIR_COLD task_core& checkpoint_slowly();

/// The running task, at the start of a blocking function: looks for a cancel, and at the turn's
/// budget (S4).
///   Throws: cancelled.
inline task_core& checkpoint() {
  task_core* const self = this_thread.current;
  if (self == nullptr || self->interrupted.load(std::memory_order_relaxed) || self->budget <= 1)
      [[unlikely]]
    return checkpoint_slowly();
  --self->budget;
  return *self;
}

}  // namespace coir::detail
