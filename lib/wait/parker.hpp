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

}  // namespace coir::detail
