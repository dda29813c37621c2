// SPDX-License-Identifier: BSL-1.0
/// The running task, seen from inside.

#pragma once

#include <cstdint>
#include <string>

#include <coir/base/config.hpp>

namespace coir::this_task {

/// Throws if a cancel is to be delivered; otherwise does nothing, and never switches.
///   Throws: cancelled.
COIR_EXPORT void checkpoint();

/// How many cancel requests on this task have not been taken back (asyncio's Task.cancelling).
[[nodiscard]] COIR_EXPORT unsigned cancelling();

/// Takes back one cancel request on this task, for code that means to go on; returns how many are
/// left. At none, suspension points work again.
COIR_EXPORT unsigned uncancel();

/// The task's name and number; "main" and so on. A plain thread's id is 0.
[[nodiscard]] COIR_EXPORT std::string name();
[[nodiscard]] COIR_EXPORT std::uint64_t id();

}  // namespace coir::this_task
