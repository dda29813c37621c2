// SPDX-License-Identifier: BSL-1.0
/// Cancelling: mark, walk inward and downward, wake.

#include <coir/cancel/scope.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <string>

#include <coir/base/check.hpp>
#include <coir/base/warning.hpp>
#include <coir/cancel/suspend.hpp>

#include "cancel/suspend_beside.hpp"

namespace coir::detail {
namespace {

using guard = std::lock_guard<spin_lock>;

// Cleanup may well meet a few suspension points; a loop that eats its cancel meets thousands.
constexpr std::uint16_t many_deliveries = 1000;

void report_swallowing(task_core& self) {
  warn("task " + name_of(self) + " has swallowed " + std::to_string(many_deliveries) +
       " deliveries of one cancel; let coir::cancelled pass");
}

/// Whether `outer`'s cancel reaches code in `inner`, the next scope inward.
bool reaches_in(scope const& outer, scope const& inner) noexcept {
  return outer.reached && !inner.shielded &&
         outer.note.load(std::memory_order_relaxed) == inner.note.load(std::memory_order_relaxed);
}

/// The scope that code in `s` is cancelled for: the outermost one. Its task is locked.
scope& cause_for(scope& s) noexcept {
  scope* cause = &s;
  for (scope* at = &s; at != nullptr; at = at->outer) {
    if (at->called || at->inherited) cause = at;
    if (at->outer != nullptr && !reaches_in(*at->outer, *at)) break;
  }
  return *cause;
}

/// Its reason, of which somebody now knows. Its task is locked.
cancel_reason const& tell_reason(scope& s) noexcept {
  scope& cause = cause_for(s);
  cause.told = true;
  return cause.reason;
}

/// Keeps the task's copy of what its innermost scope says. The task is locked.
void make_innermost(task_core& task, scope* s) noexcept {
  task.innermost = s;
  task.noted = s != nullptr ? s->note.load(std::memory_order_relaxed) : 0;
  task.interrupted.store(s != nullptr && s->reached, std::memory_order_relaxed);
}

void mark_inherited(scope& root, cancel_reason const& reason) noexcept {
  if (!root.called && !root.inherited) root.reason = reason;
  root.inherited = true;
}

/// One cancel on its way through the tree.
///
/// Tasks still to be visited are kept alive by a reference and listed through their root scopes, of
/// which each is listed once in its life (`handed_down`). So the walk needs no recursion, and holds
/// the lock of one task, for a moment also that of a task below it, never the other way round.
class spreading {
 public:
  /// Requests a cancel of `s`, which is not touched any more afterwards.
  void begin(scope& s, cancel_reason reason) noexcept {
    guard const held(s.task->lock);
    ++s.requests;
    if (!s.called && !s.inherited) s.reason = std::move(reason);
    s.called = true;
    refresh(s);
  }

  /// Brings `reached` up to date in `from` and further in, and claims the task if it is now to be
  /// interrupted. The task is locked.
  void refresh(scope& from) noexcept {
    for (scope* s = &from; s != nullptr; s = s->inner) {
      bool const now =
          s->called || s->inherited || (s->outer != nullptr && reaches_in(*s->outer, *s));
      s->reached = now;
      if (now) {
        hand_down(*s);
        note_signal(*s);
      }
    }
    task_core& task = *from.task;
    if (task.innermost == nullptr) return;
    // Stored before the claim looks whether the task is parked; suspend() parks before it looks
    // here: one of the two sees the other.
    task.interrupted.store(task.innermost->reached, std::memory_order_seq_cst);
    if (!task.innermost->reached || !claim(task, wake_reason::cancelled)) return;
    wait_beside::tell(task);
    woken_.add(&task);
  }

  /// Notes the tasks below `parent` for a visit. Its task is locked.
  void hand_down(scope& parent) noexcept {
    parent.children.for_each([&](scope& root) {
      if (root.handed_down) return;
      root.handed_down = true;
      root.task->add_ref();
      root.next_reached = next_;
      next_ = &root;
      guard const held(root.task->lock);
      mark_inherited(root, tell_reason(parent));
    });
  }

  /// Goes on to the tasks noted, then wakes whom the cancel interrupts. Nothing is locked: the last
  /// reference to a task may go here, and with it the user's result.
  void finish() noexcept {
    while (next_ != nullptr) {
      scope& root = *next_;
      task_core& task = *root.task;
      next_ = root.next_reached;
      {
        guard const held(task.lock);
        refresh(root);
      }
      task.drop_ref();
    }
    woken_.wake_all();
    give_signals();
  }

 private:
  /// Notes who is to be told of it. The task is locked.
  void note_signal(scope& reached) noexcept {
    if (reached.signal.load(std::memory_order_relaxed) == nullptr) return;
    cause_for(reached).told = true;
    stop_signal* const mine = take_signal(reached);
    *last_signal_ = mine;
    last_signal_ = &mine->next;
  }

  /// Runs callbacks of the user's, which may do to any scope and task what they like.
  void give_signals() noexcept {
    while (first_signal_ != nullptr) {
      std::unique_ptr<stop_signal> const mine(first_signal_);
      first_signal_ = mine->next;
      mine->source.request_stop();
    }
    last_signal_ = &first_signal_;
  }

  scope* next_ = nullptr;
  stop_signal* first_signal_ = nullptr;  // ours
  stop_signal** last_signal_ = &first_signal_;
  wake_chain woken_;
};

}  // namespace

void enter(scope& s) noexcept {
  task_core& task = *s.task;
  guard const held(task.lock);
  s.outer = task.innermost;
  if (s.outer != nullptr) {
    s.outer->inner = &s;
    s.reached = s.called || reaches_in(*s.outer, s);
  }
  make_innermost(task, &s);
}

bool leave(scope& s) noexcept {
  task_core& task = *s.task;
  std::unique_ptr<stop_signal> nobody_left;  // destroyed once the task is not locked any more
  guard const held(task.lock);
  if (task.innermost != &s)
    die("a cancel scope was left before one that was entered after it, or by another task");
  make_innermost(task, s.outer);
  if (s.outer != nullptr) s.outer->inner = nullptr;
  if (s.signal.load(std::memory_order_relaxed) != nullptr) [[unlikely]]
    nobody_left.reset(take_signal(s));
  return s.called && !(s.outer != nullptr && reaches_in(*s.outer, s));
}

void cancel(scope& s, cancel_reason reason) noexcept {
  spreading cancel;
  cancel.begin(s, std::move(reason));
  cancel.finish();
}

void cancel(scope& s, cancel_reason reason, spin_lock& keeping) noexcept {
  spreading cancel;
  cancel.begin(s, std::move(reason));
  keeping.unlock();
  cancel.finish();
}

cancel_reason cleanup_reason(char const* text) noexcept {
  try {
    return cancel_reason(cancel_cause::requested, text);
  } catch (...) {
    return cancel_reason();
  }
}

unsigned uncancel(scope& s) noexcept {
  spreading change;
  unsigned left;
  {
    guard const held(s.task->lock);
    s.told = s.told || s.requests > 0;
    if (s.requests > 0 && --s.requests == 0) {
      s.called = false;
      s.deliveries = 0;
      change.refresh(s);
    }
    left = s.requests;
  }
  change.finish();
  return left;
}

void set_shield(scope& s, bool shielded) noexcept {
  spreading change;
  {
    guard const held(s.task->lock);
    s.shielded = shielded;
    change.refresh(s);
  }
  change.finish();
}

std::stop_token stop_token_of(scope& s) {
  auto fresh = std::make_unique<stop_signal>();
  std::stop_token token = fresh->source.get_token();
  {
    guard const held(s.task->lock);
    if (stop_signal* const known = s.signal.load(std::memory_order_relaxed))
      return known->source.get_token();
    if (!s.reached) {
      s.signal.store(fresh.release(), std::memory_order_relaxed);
      return token;
    }
    cause_for(s).told = true;
  }
  fresh->source.request_stop();
  return token;
}

void attach(scope& root, scope& parent) noexcept {
  guard const held(parent.task->lock);
  root.parent = &parent;
  parent.children.push_back(root);
  if (parent.reached) {
    root.handed_down = true;
    mark_inherited(root, tell_reason(parent));
    root.reached = true;
    root.task->interrupted.store(true, std::memory_order_relaxed);
  }
}

void attach_running(scope& root, scope& parent) noexcept {
  spreading cancel;
  {
    guard const held(parent.task->lock);
    root.parent = &parent;
    parent.children.push_back(root);
    if (parent.reached) cancel.hand_down(parent);
  }
  cancel.finish();
}

void detach(scope& root) noexcept {
  if (root.parent == nullptr) return;
  guard const held(root.parent->task->lock);
  root.unlink();
}

void inherit(scope& root, cancel_reason reason) noexcept {
  spreading cancel;
  {
    guard const held(root.task->lock);
    mark_inherited(root, reason);
    cancel.refresh(root);
  }
  cancel.finish();
}

void deliver(task_core& self) {
  cancel_reason reason;
  unsigned times;
  {
    guard const held(self.lock);
    scope& s = *self.innermost;
    reason = tell_reason(s);
    // Of one cancel, wherever it is met: a loop may enter a scope of its own for each attempt.
    std::uint16_t& counted = cause_for(s).deliveries;
    if (counted <= many_deliveries) ++counted;
    times = counted;
  }
  // A delivery is an operation too: a loop of them must not starve the others (S4).
  if (times > 1 || --self.budget == 0) {
    self.budget = task_core::full_budget;
    give_up_turn(self);
  }
  if (times == many_deliveries) report_swallowing(self);
  throw cancelled(std::move(reason));
}

}  // namespace coir::detail
