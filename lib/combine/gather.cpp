// SPDX-License-Identifier: BSL-1.0
/// Waiting for all of several tasks.

#include <coir/combine/gather.hpp>

#include <coir/combine/completions.hpp>

namespace coir::detail {
namespace {

/// Waits for `goal`; a cancel of the waiter goes to all of the tasks, and on when they have ended.
void await_goal(completions& ends, std::span<task_record* const> tasks, stop_at goal) {
  for (task_record* const each : tasks) ends.add(*each);
  try {
    ends.await("gather", goal);
  } catch (cancelled const&) {
    ends.end_all("its gather was cancelled");
    throw;
  }
}

}  // namespace

void await_all(std::span<task_record* const> tasks) {
  completions ends;
  await_goal(ends, tasks, stop_at::one_failed_or_cancelled);
  while (auto const number = ends.take()) {
    task_record& first_bad = ends.task(*number);
    if (first_bad.how == outcome::finished) continue;
    for (task_record* const each : tasks) each->retrieved.store(true, std::memory_order_release);
    throw_failure_of(first_bad);
  }
}

void await_ends(std::span<task_record* const> tasks) {
  completions ends;
  await_goal(ends, tasks, stop_at::all_ended);
}

}  // namespace coir::detail
