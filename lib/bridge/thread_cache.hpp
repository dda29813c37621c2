// SPDX-License-Identifier: BSL-1.0
/// Threads that outlive their work for a while, for the next one who needs a thread.

#pragma once

namespace coir::detail {

/// Something to be done on a thread of its own. Lives until done() has begun.
struct thread_job {
  void (*const work)(thread_job& self) noexcept;
};

/// Does `job` on an idle thread, the one that has been idle for the shortest time, else on a new one.
///
/// A thread that has been idle for ten seconds ends. None is ever joined: work that nobody can stop
/// holds up neither the end of a run nor that of the process. A child process starts with none.
///   Throws: std::system_error when there can be no more threads; the job then was not begun.
///   Thread: any.
void on_cached_thread(thread_job& job);

}  // namespace coir::detail
