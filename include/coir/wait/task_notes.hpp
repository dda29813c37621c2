// SPDX-License-Identifier: BSL-1.0
/// What is known of some tasks and not of all: a name, and what those who look on keep.

#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include <coir/time/clock.hpp>

namespace coir::detail {

class observer;

/// Lies beside a task's record and not in it: most tasks have none, and their records stay small.
struct task_notes {
  std::string name;  // empty: made from the id; guarded by the task's lock

  // Of an observed task. They stay as they were when it was spawned.
  observer* observed_by = nullptr;
  std::uint64_t spawned_by = 0;        // the id of a task; 0: of none
  char const* file = nullptr;          // where it was spawned; null: not known,
  unsigned line = 0;                   // and then from which code
  void const* spawned_from = nullptr;  //

  std::atomic<time_point::rep> waits_since{0};  // an observed one, while it is parked
  time_point step_began{};                      // in real time; its own
};

}  // namespace coir::detail
