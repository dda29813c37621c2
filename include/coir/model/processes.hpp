// SPDX-License-Identifier: BSL-1.0
/// The processes model: what a program says and sees besides run().

#pragma once

#include <stdexcept>
#include <string>

#include <sys/types.h>

#include <coir/base/config.hpp>

namespace coir {

/// Starts the fork server, from which tasks of the processes model are forked; harmless when it is there.
///
/// The first run on processes does so too; call this first in main() if other threads live by then. A
/// task's process sees the program's globals, its environment and its working directory as they are
/// now, and none of its memory of later.
///   Throws: std::logic_error when other threads live; std::system_error when the system refuses.
///   Thread: the only one.  Mirrors: multiprocessing.forkserver.
COIR_EXPORT void prepare_processes();

/// Thrown to those who wait for a task whose process ended before the task did: by a signal, or by
/// exit() (P3).
class COIR_EXPORT worker_died : public std::runtime_error {
 public:
  /// `signal`: what has killed it; 0: it has exited with `exit_code`.
  worker_died(std::string const& what, pid_t process, int signal, int exit_code)
      : std::runtime_error(what), process_(process), signal_(signal), exit_code_(exit_code) {}

  [[nodiscard]] pid_t process() const noexcept { return process_; }
  [[nodiscard]] int signal() const noexcept { return signal_; }
  [[nodiscard]] int exit_code() const noexcept { return exit_code_; }

 private:
  pid_t process_;
  int signal_;
  int exit_code_;
};

/// Thrown by a process_pool whose initializer has failed: to those who wait for what it has not begun,
/// and to those who submit more. what() says why.
/// Mirrors: concurrent.futures.process.BrokenProcessPool.
class COIR_EXPORT broken_pool : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace coir
