// SPDX-License-Identifier: BSL-1.0
/// What was seen of a task at one moment: for dumps, tests and error messages.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <coir/base/config.hpp>
#include <coir/time/clock.hpp>

namespace coir {

/// What a task is doing.
enum class task_state : unsigned char {
  fresh,    ///< spawned, and its turn has not come yet
  ready,    ///< it could go on: it gave up its turn, or was woken
  running,  ///< it has the turn; on threads also one that is about to begin
  parked,   ///< it waits
};

/// The state's name, as it is written in code: "parked".
COIR_EXPORT char const* to_string(task_state state) noexcept;

/// One task of a run.
struct task_info {
  std::uint64_t id = 0;
  std::string name;
  task_state state = task_state::fresh;
  std::uint64_t parent = 0;  ///< the task in whose group it is; 0: it is in no group
  std::string waits_in;      ///< the operation it is parked in, like "queue::get"
  /// The tasks on whom that depends, as far as known: those it joins, and on models where one task
  /// runs at a time also who holds the mutex that it wants.
  std::vector<std::uint64_t> waits_for;

  // Only of a run with run_options::debug, trace or slow_step.
  std::optional<time_point> waits_since;  ///< when it was parked, by its run's clock
  std::string spawned_at;        ///< "main.cpp:42"; else "program+0x1234", as addr2line takes it:
                                 ///< spawn() with arguments and without options knows no line
  std::uint64_t spawned_by = 0;  ///< the task that spawned it; 0: none did, or it is not known
};

/// A run, in numbers.
struct run_statistics {
  std::size_t spawned = 0;    ///< tasks ever, the main task included
  std::size_t finished = 0;   ///< of these: returned,
  std::size_t failed = 0;     ///< threw,
  std::size_t cancelled = 0;  ///< let `cancelled` out or never began,
  std::size_t alive = 0;      ///< and have not ended
  std::size_t fresh = 0;      ///< of those alive, by task_state
  std::size_t ready = 0;
  std::size_t running = 0;
  std::size_t parked = 0;
  std::size_t turns = 0;    ///< fibers: how often a task was let run
  std::size_t timers = 0;   ///< fibers, boost_fibers: deadlines that are set, on fibers also those
                            ///< around the run
  std::size_t stacks = 0;   ///< fibers, boost_fibers: stacks that tasks have now
  std::size_t threads = 0;  ///< threads: those that it has made, idle ones included
};

}  // namespace coir
