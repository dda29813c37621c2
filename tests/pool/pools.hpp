// SPDX-License-Identifier: BSL-1.0
/// For tests of a pool: runs with one in it, and tasks that say what they do.

#pragma once

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <utility>

#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <coir/coir.hpp>

#include "contract/processes.hpp"

namespace pool_tests {

using contract::shared;

/// On the model of fibers, unless it says otherwise.
class with_pools : public contract::on_processes {
 protected:
  /// Runs `f(pool)` in a run with a pool in it. However busy the machine is, a worker hears of its cancel
  /// within the grace period, unless the test says how long that is.
  template <class F>
  static void with_pool(coir::process_pool_options options, F&& f) {
    if (options.grace == coir::process_pool_options().grace)
      options.grace = std::chrono::minutes(1);
    coir::run([&] {
      coir::process_pool pool(std::move(options));
      f(pool);
    });
  }
};

inline int add(int a, int b) { return a + b; }
inline pid_t whose() { return ::getpid(); }

/// Says who runs (0), sleeps, and says that its destructors ran (1).
inline pid_t sleep_long() {
  struct witness {
    ~witness() { ++shared(1); }
  } const destroyed;
  shared(0) = static_cast<std::uint32_t>(::getpid());
  coir::sleep_for(std::chrono::hours(1));
  return 0;
}

/// Says who runs (2), and goes on until (3) is set.
inline void wait_for_go() {
  shared(2) = static_cast<std::uint32_t>(::getpid());
  while (shared(3) == 0) ::sched_yield();
}

/// Says who runs (0), and never ends.
[[noreturn]] inline void spin() {
  shared(0) = static_cast<std::uint32_t>(::getpid());
  for (;;) ++shared(1);
}

/// The process that has said so.
inline pid_t await_process(std::size_t index) {
  return static_cast<pid_t>(contract::await_shared(index));
}

/// Stops the process: it does nothing more, until it is killed.
inline void stop(pid_t process) {
  ::kill(process, SIGSTOP);
  std::string stat;
  do {
    std::getline(std::ifstream("/proc/" + std::to_string(process) + "/stat"), stat);
  } while (stat.find(") T ") == std::string::npos);
}

/// Returns once the process has ended.
inline void await_death(pid_t process) {
  int const handle = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (handle == -1) return;
  pollfd gone{handle, POLLIN, 0};
  while (::poll(&gone, 1, -1) != 1) {
  }
  ::close(handle);
}

}  // namespace pool_tests
