// SPDX-License-Identifier: BSL-1.0
/// Seeing a run from inside: its tasks, who waits for whom, and how many there are.

#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include <coir/model/task_info.hpp>

namespace coir {

/// Every task of the calling task's run that has not ended, oldest first.
///
/// On fibers and serial nothing moves meanwhile. On threads each task is seen at a moment of its own.
///   Blocks: never; not a suspension point.  O(tasks)
///   Throws: std::logic_error outside of a run.
///   Thread: a task's.  Mirrors: asyncio.all_tasks(), capture_call_graph().
[[nodiscard]] COIR_EXPORT std::vector<task_info> all_tasks();

/// The same for people: one line a task, each below the task in whose group it is.
///
///     main #1 waits in task_group::join for loader, task-3
///     ├─ loader #2 waits in task_group::join for task-4
///     │  └─ task-4 #4 waits in queue::get
///     └─ task-3 #3 is ready
///     in a circle: a -> b -> a
///
/// A run in debug mode, or with a tracer or a slow_step, adds what it has noted:
///
///     loader #2 waits in queue::get (for 1.2 s; spawned at main.cpp:42 by main)
///
/// Tasks that were submitted to a process_pool belong to no run. Those of all pools of the program come last:
///
///     process_pool pool: 1 of 1 workers
///     - task-5 #5 runs in process 4711
///     - task-6 #6 waits for a worker
///
///   Blocks, Throws, Thread: as all_tasks().
[[nodiscard]] COIR_EXPORT std::string dump_tasks();
COIR_EXPORT void dump_tasks(std::ostream& to);

/// What the calling task's run has come to so far. Counting costs a running program nothing: the
/// numbers are taken from what is there.
///   Blocks, Throws, Thread: as all_tasks().
[[nodiscard]] COIR_EXPORT run_statistics statistics();

}  // namespace coir
