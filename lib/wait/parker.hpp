// SPDX-License-Identifier: BSL-1.0
/// How a thread is suspended: it sleeps on the word in its task.

#pragma once

#include <coir/wait/task_core.hpp>

namespace coir::detail {

/// Sleeps until wake(self) was called, or until `until` has come: true if woken. May return false
/// early.
///   Blocks: the thread; spins for less than a microsecond first (S3).
///   Thread: self's own.
bool sleep_until_woken(task_core& self, time_point until) noexcept;

/// wake(), for a task that sleeps so.
void wake_thread(task_core& claimed) noexcept;

/// For a sleep that others may end without a wake(): announced first, then the sleeper looks whether
/// there is anything to do, and only then it sleeps on the word while that has the value returned here.
/// So either he sees what they have done, or they see him asleep.
///   Thread: self's own.
std::uint32_t announce_sleep(task_core& self) noexcept;

/// Ends such a sleep of a parked task, once: it looks again.
///   Thread: any, while the task is parked.
void rouse(task_core& sleeper) noexcept;

}  // namespace coir::detail
