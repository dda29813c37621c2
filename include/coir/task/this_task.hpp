// SPDX-License-Identifier: BSL-1.0
/// The running task, seen from inside.

#pragma once

#include <cstdint>
#include <stop_token>
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

/// A token that is stopped when the code that asks for it is cancelled: for std's code and for threads
/// that know nothing of coir.
///
/// It belongs to the innermost scope that the task is in: a group, timeout, cancel_scope or shield, or
/// the whole task. It is stopped where and when a suspension point there would throw, at once if one
/// would now; a cancel from beyond a shield does not stop it. Once that scope is left, or the task has
/// ended, it never will be (`stop_possible()` is then false), and once stopped it stays so, also after
/// uncancel().
/// A std::stop_callback runs on the thread that cancels, or whose clock it is, with nothing locked. It
/// must neither wait nor throw.
///   Throws: std::bad_alloc.
///   Mirrors: std::jthread::get_stop_token.
[[nodiscard]] COIR_EXPORT std::stop_token get_stop_token();

/// The task's name and number; "main" and so on. A plain thread's id is 0.
[[nodiscard]] COIR_EXPORT std::string name();
[[nodiscard]] COIR_EXPORT std::uint64_t id();

}  // namespace coir::this_task
