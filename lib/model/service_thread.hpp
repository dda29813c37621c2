// SPDX-License-Identifier: BSL-1.0
/// Threads of the library's own that are never joined.

#pragma once

namespace coir::detail {

/// Calls `work(what)` on a new thread, to which no signal goes: those are for the program's threads.
///   Throws: std::system_error.
void begin_service_thread(void* (*work)(void* what), void* what);

}  // namespace coir::detail
