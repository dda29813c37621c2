// SPDX-License-Identifier: BSL-1.0
/// suspend: the one function in which everything waits.

#pragma once

#include <coir/base/list.hpp>
#include <coir/cancel/scope.hpp>
#include <coir/context/jump.hpp>

namespace coir::detail {

struct word_beside;

/// What may end a wait besides its fulfilment.
enum class shielding {
  none,      // a cancel, once it can be delivered
  shielded,  // only its deadline: the wait is part of a cleanup, or of giving something back
};

/// Waits, with `node` linked in some wait queue under `lock`, until the node is claimed.
///
/// Called with `lock` held, after a checkpoint(); returns with it released, and with the node in no
/// list. Exactly one reason is returned: if the node was fulfilled before a deadline or a cancel
/// claimed it, `fulfilled`, and the cancel is delivered at the next suspension point (C4).
/// A deadline that has come makes this one try without waiting (T2).
///   Throws: deadlock on `serial`, where nobody is left who could fulfil; std::bad_alloc when the
///   deadline's timer cannot be set. The node then is unlinked, and nothing has happened.
COIR_EXPORT wake_reason suspend(task_core& self, spin_lock& lock, list_hook& node, char const* what,
                                time_point deadline = never, shielding how = shielding::none);

/// A suspend() whose jump is left to the caller: it goes to `next`, and then calls end_suspend(). Null: it
/// has been waited, and `reason` says why that ended.
///
/// The processor foresees a return by the call that it saw last, and after a switch that was another
/// fiber's. So each function that returns after its caller's jump costs some 10 ns more than it would.
///   Throws: as suspend().
struct departure {
  execution* next;
  wake_reason reason;
};
COIR_EXPORT departure begin_suspend(task_core& self, spin_lock& lock, list_hook& node,
                                    char const* what, time_point deadline = never,
                                    shielding how = shielding::none);
COIR_EXPORT wake_reason end_suspend(task_core& self, spin_lock& lock, list_hook& node) noexcept;

/// A wait that is linked in several places, or in none.
///
/// begin() opens it: from now on it may be claimed, even before end() parks. The owner links its
/// nodes, calls end(), and unlinks them.
class COIR_EXPORT suspension {
 public:
  suspension(task_core& self, char const* what, shielding how = shielding::none,
             word_beside const* beside = nullptr) noexcept
      : self_(self), what_(what), how_(how), beside_(beside) {}

  void begin() noexcept;

  /// Waits until somebody has claimed the task, or `deadline` has come, or a cancel.
  ///   Throws: as suspend(); the wait is then over.
  wake_reason end(time_point deadline = never);

  /// Ends the wait from inside instead of parking: true if nobody else had claimed it. When false,
  /// end() is still to be called.
  bool withdraw() noexcept;

 private:
  wake_reason park();
  void park_otherwise();

  task_core& self_;
  char const* const what_;
  shielding const how_;
  word_beside const* const beside_;  // null, but in suspend_beside()
};

/// Lets others run: fibers go to the end of the queue, threads offer their CPU.
COIR_EXPORT void give_up_turn(task_core& self) noexcept;

/// The first half of yield_turn(): where to jump to. Null: the others have had their turns.
///   Throws: cancelled.
COIR_EXPORT execution* begin_yield(task_core* self);

/// Delivers a cancel if that may now be.
///   Throws: cancelled.
COIR_EXPORT COIR_COLD void deliver_if_due(task_core& self);

/// Lets others run, as a suspension point: a cancel that is there or comes meanwhile is delivered.
///   Throws: cancelled.
[[gnu::always_inline]] inline void yield_turn() {
  task_core* const self = this_thread.current;
  if (execution* const next = begin_yield(self)) [[likely]]
    jump_between(self->flow, *next);
  if (self != nullptr && self->interrupted.load(std::memory_order_relaxed)) [[unlikely]]
    deliver_if_due(*self);
}

}  // namespace coir::detail
