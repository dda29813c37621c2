// SPDX-License-Identifier: BSL-1.0
/// Threads of the library's own.

#pragma once

#include <pthread.h>

namespace coir::detail {

/// Calls `work(what)` on a new thread, to which no signal goes: those are for the program's threads. The
/// caller joins or detaches it.
///   Throws: std::system_error.
pthread_t begin_service_thread(void* (*work)(void* what), void* what);

}  // namespace coir::detail
