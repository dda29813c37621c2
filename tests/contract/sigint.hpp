// SPDX-License-Identifier: BSL-1.0
/// For tests on SIGINT: programs of their own, which a signal may end, and who sends it.

#pragma once

#include <csignal>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include <poll.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "contract/models.hpp"

namespace contract {

/// Sends SIGINT to the program, as a shell does.
inline void interrupt() { ::kill(::getpid(), SIGINT); }

/// Returns once the run has heard of it, on whichever thread: then the next one is the system's.
inline void await_handled() {
  struct sigaction action {};
  do {
    ::sigaction(SIGINT, nullptr, &action);
  } while (action.sa_handler != SIG_DFL);
}

/// A process that sends SIGINT to the program when told to and the program's main thread sleeps in the
/// system. Made while there is one thread, which then may stay the only one.
class pesterer {
 public:
  pesterer() {
    if (::pipe(go_) != 0) std::abort();
    if (::fork() != 0) return;
    ::close(go_[1]);
    char told;
    if (::read(go_[0], &told, 1) != 1) ::_exit(1);
    pid_t const program = ::getppid();
    while (!sleeps(program)) {
    }
    ::kill(program, SIGINT);
    ::_exit(0);
  }

  void begin() const { (void)!::write(go_[1], "!", 1); }

 private:
  static bool sleeps(pid_t program) {
    std::ifstream file("/proc/" + std::to_string(program) + "/stat");
    std::stringstream text;
    text << file.rdbuf();
    auto const name_end = text.str().rfind(')');
    return name_end != std::string::npos && text.str().compare(name_end, 3, ") S") == 0;
  }

  int go_[2];
};

/// What a scene has come to, as its test sees it: the exit code of the program that it is.
enum ending : int {
  returned = 10,
  was_interrupted,
  was_cancelled,
  failed,
};

/// Calls `f`, and ends the program with what came of it.
template <class F>
[[noreturn]] void end_by(F&& f) {
  ending how = returned;
  try {
    f();
  } catch (coir::interrupted const&) {
    how = was_interrupted;
  } catch (coir::cancelled const&) {
    how = was_cancelled;
  } catch (std::exception const& e) {
    std::cerr << e.what() << std::endl;
    how = failed;
  }
  std::_Exit(how);
}

/// A check in such a program.
inline void require(bool holds, char const* what) {
  if (!holds) throw std::runtime_error(what);
}

/// Parks for good, and checks what ends that.
inline void wait_for_interrupt() {
  try {
    coir::sleep_for(1h);
  } catch (coir::cancelled const& e) {
    require(e.reason().cause() == coir::cancel_cause::interrupted, "cancelled for another reason");
    throw;
  }
}

/// Whether a test cannot be where a signal comes to a main thread that sleeps on a futex: TSan, which
/// does not know that system call, holds the signal back until the thread wakes.
inline bool is_held_back_from_main(coir::model model) {
  return COIR_TSAN && model != coir::model::fibers;
}

/// A test whose scenes are programs of their own, with one thread at first.
class on_sigint : public on_model {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
  void TearDown() override { GTEST_FLAG_SET(death_test_style, "fast"); }
};

}  // namespace contract
