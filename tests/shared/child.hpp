// SPDX-License-Identifier: BSL-1.0
/// Processes for tests, made by a plain fork().

#pragma once

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <type_traits>
#include <utility>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coir/base/config.hpp>

#if COIR_TSAN
/// Children of a process that has threads may have threads too. One file of each program defines it: a weak
/// one, as an inline function is, does not take the place of clang's own.
extern "C" char const* __tsan_default_options();
#endif

/// A process that calls a function and ends: with 0 if it returns, or if it returns true; else with 1.
class child {
 public:
  template <class F>
  explicit child(F&& work) : process_(::fork()) {
    if (process_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    int code = 1;
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
        work();
        code = 0;
      } else {
        code = work() ? 0 : 1;
      }
    } catch (std::exception const& error) {
      std::fprintf(stderr, "child: %s\n", error.what());
    } catch (...) {
      std::fprintf(stderr, "child: an exception\n");
    }
    ::_exit(code);
  }
  child(child&& other) noexcept : process_(std::exchange(other.process_, -1)) {}
  child& operator=(child&&) = delete;
  ~child() {
    if (process_ <= 0) return;
    kill();
    (void)wait();
  }

  void kill() const noexcept { ::kill(process_, SIGKILL); }
  [[nodiscard]] pid_t id() const noexcept { return process_; }

  /// Whether wait() would return at once.
  [[nodiscard]] bool has_ended() const noexcept {
    siginfo_t ended{};
    return ::waitid(P_PID, static_cast<id_t>(process_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ended.si_pid != 0;
  }

  /// Whether it ends in time.
  [[nodiscard]] bool ends_within(int milliseconds) const noexcept {
    int const watch = static_cast<int>(::syscall(SYS_pidfd_open, process_, 0));
    pollfd look{watch, POLLIN, 0};
    bool const ends = ::poll(&look, 1, milliseconds) == 1;
    ::close(watch);
    return ends;
  }

  /// Its exit code; 128 and the signal's number if one has ended it.
  int wait() noexcept {
    int status = 0;
    while (::waitpid(process_, &status, 0) == -1 && errno == EINTR) {
    }
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t process_;
};
