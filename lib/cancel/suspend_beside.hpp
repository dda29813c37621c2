// SPDX-License-Identifier: BSL-1.0
/// Waiting for what other processes do: they do not know the task that waits, only a word.

#pragma once

#include <atomic>
#include <cstdint>

#include <coir/cancel/suspend.hpp>

namespace coir::detail {

/// A word in memory that processes share, and on which the thread of a task sleeps too, beside the word
/// of its task. The wait lasts while this word, apart from the bit `asleep`, has the value `waiting`.
struct word_beside {
  std::atomic<std::uint32_t>& word;
  std::uint32_t const waiting;
  std::uint32_t const asleep;  // set by the sleeper: whoever changes the word is to wake him
};

/// The first of a task's watchers while it waits for what other processes do, which look at some word of
/// theirs and not at the task's: whoever ends the wait with a cancel tells them at once.
struct wait_beside : watcher {
  /// `told` is called with the task's lock held, between the claim and the wake.
  explicit wait_beside(void (*told)(wait_beside& self) noexcept) noexcept : cancelled(told) {
    ended = &not_while_it_waits;
  }
  /// Tells of a cancel that has claimed the task, which is locked.
  static void tell(task_core& task) noexcept {
    if (task.watchers.empty() || task.watchers.front().ended != &not_while_it_waits) return;
    auto& self = static_cast<wait_beside&>(task.watchers.front());
    self.cancelled(self);
  }

  void (*const cancelled)(wait_beside& self) noexcept;

 private:
  static task_core* not_while_it_waits(watcher&, task_core&) noexcept { return nullptr; }
};

/// suspend(), of a task that has a thread: until the word changes, or its deadline or a cancel comes first.
///   Blocks: the thread.  Throws: std::bad_alloc when the deadline's timer cannot be set.
wake_reason suspend_beside(task_core& self, word_beside const& beside, char const* what,
                           time_point deadline, shielding how);

}  // namespace coir::detail
