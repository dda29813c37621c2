// SPDX-License-Identifier: BSL-1.0
/// The processes model: cancels, and processes that die.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <coir/coir.hpp>

#include "contract/processes.hpp"

namespace {

using namespace std::chrono_literals;
using contract::await_shared;
using contract::shared;

class ProcessesEnd : public contract::on_processes {
 protected:
  template <class F>
  static void in_run_of_grace(std::chrono::nanoseconds grace, F&& f) {
    coir::run({.model = coir::model::processes, .grace = grace}, std::forward<F>(f));
  }
};

/// Adds one to a number on the shared page when it goes.
struct witness {
  explicit witness(std::size_t index_) : index(index_) {}
  ~witness() { ++shared(index); }
  std::size_t index;
};

void sleep_long() { coir::sleep_for(1h); }

/// Says that it runs (0), sleeps, and says that its destructors ran (1).
void sleep_witnessed() {
  witness const destroyed(1);
  shared(0) = static_cast<std::uint32_t>(::getpid());
  sleep_long();
}

/// Returns once the process is gone for good.
void await_death(pid_t process) {
  int const handle = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (handle == -1) return;
  pollfd gone{handle, POLLIN, 0};
  while (::poll(&gone, 1, -1) != 1) {
  }
  ::close(handle);
}

// C2, P2
TEST_F(ProcessesEnd, CancelUnwindsTheTask) {
  in_run([] {
    auto task = coir::spawn(sleep_witnessed);
    await_shared(0);
    EXPECT_TRUE(task.cancel("enough"));
    try {
      task.get();
      ADD_FAILURE();
    } catch (coir::cancelled const& e) {
      EXPECT_EQ(e.reason().cause(), coir::cancel_cause::requested);
      EXPECT_EQ(e.reason().text(), "enough");
    }
    EXPECT_TRUE(task.cancelled());
  });
  EXPECT_EQ(shared(1), 1u);
}

// C7
TEST_F(ProcessesEnd, CancelledAtBirthNeverBegins) {
  in_run([] {
    coir::task_group group;
    group.cancel();
    auto task = group.spawn([] { ++shared(0); });
    group.join();
    EXPECT_TRUE(task.cancelled());
  });
  EXPECT_EQ(shared(0), 0u);
}

// C7
TEST_F(ProcessesEnd, AnswersACancelByReturning) {
  in_run([] {
    auto task = coir::spawn([] {
      try {
        ++shared(0);
        sleep_long();
      } catch (coir::cancelled const&) {
      }
      return 7;
    });
    await_shared(0);
    task.cancel();
    EXPECT_EQ(task.get(), 7);
  });
}

// C1: the second cancel comes, when the first was taken back
TEST_F(ProcessesEnd, EachCancelIsPassedOn) {
  in_run([] {
    auto task = coir::spawn([] {
      for (int i = 0; i < 3; ++i) {
        try {
          ++shared(0);
          sleep_long();
        } catch (coir::cancelled const&) {
          coir::this_task::uncancel();
        }
      }
      return 7;
    });
    for (std::uint32_t i = 1; i <= 3; ++i) {
      await_shared(0, i);
      task.cancel();
    }
    EXPECT_EQ(task.get(), 7);
  });
}

// G1
TEST_F(ProcessesEnd, DroppedHandleCancelsAndJoins) {
  in_run([] {
    auto task = coir::spawn(sleep_witnessed);
    await_shared(0);
  });
  EXPECT_EQ(shared(1), 1u);
}

// G1
TEST_F(ProcessesEnd, EndOfTheRunCancelsDetachedTasks) {
  in_run([] {
    coir::spawn(sleep_witnessed).detach();
    await_shared(0);
  });
  EXPECT_EQ(shared(1), 1u);
}

// A cancel goes on to the tasks of a task.
TEST_F(ProcessesEnd, CancelReachesTheTasksBelow) {
  in_run([] {
    auto task = coir::spawn([] {
      witness const destroyed(2);
      coir::spawn(sleep_witnessed).join();
    });
    await_shared(0);
    task.cancel();
    task.join();
    EXPECT_TRUE(task.cancelled());
  });
  EXPECT_EQ(shared(1), 1u);
  EXPECT_EQ(shared(2), 1u);
}

// T1, T4
TEST_F(ProcessesEnd, TimeoutEndsTheTask) {
  in_run([] {
    auto task = coir::spawn(sleep_witnessed);
    await_shared(0);
    EXPECT_THROW(coir::timeout(1ms, task), coir::timeout_error);
    EXPECT_EQ(shared(1), 1u);
  });
}

/// Cancels a task that takes that back, and goes on for longer than the grace period. Whether it was left
/// alone; it is not, if the machine is too busy for it to hear of its cancel within that time.
bool is_left_alone(std::chrono::nanoseconds grace) {
  bool returned = false;
  coir::run({.model = coir::model::processes, .grace = grace}, [&] {
    auto task = coir::spawn(
        [](std::chrono::nanoseconds how_long) {
          try {
            ++shared(0);
            sleep_long();
          } catch (coir::cancelled const&) {
            coir::this_task::uncancel();
          }
          coir::sleep_for(how_long);
          return 7;
        },
        grace + 50ms);
    await_shared(0);
    task.cancel();
    task.join();
    returned = !task.cancelled() && task.get() == 7;
  });
  shared(0) = 0;
  return returned;
}

// C3, P2
TEST_F(ProcessesEnd, WhoTakesItsCancelBackIsLeftAlone) {
  EXPECT_TRUE(is_left_alone(200ms) || is_left_alone(2s) || is_left_alone(20s));
}

/// The warnings of a test.
class warnings {
 public:
  warnings() {
    before_ = coir::set_warning_handler([this](std::string const& text) {
      std::lock_guard<std::mutex> const held(lock_);
      all_.push_back(text);
    });
  }
  ~warnings() { coir::set_warning_handler(before_); }

  std::string last() {
    std::lock_guard<std::mutex> const held(lock_);
    return all_.empty() ? "" : all_.back();
  }

 private:
  coir::warning_handler before_;
  std::mutex lock_;
  std::vector<std::string> all_;
};

[[noreturn]] void spin() {
  for (;;) ++shared(0);
}

// P2
TEST_F(ProcessesEnd, BusyLoopIsTerminatedAfterTheGracePeriod) {
  warnings heard;
  in_run_of_grace(20ms, [&] {
    auto task = coir::spawn({.name = "spinner"}, [] { spin(); });
    await_shared(0);
    task.cancel();
    task.join();
    EXPECT_TRUE(task.cancelled());
  });
  EXPECT_NE(heard.last().find("spinner"), std::string::npos) << heard.last();
  EXPECT_NE(heard.last().find("SIGTERM"), std::string::npos) << heard.last();
}

// P2
TEST_F(ProcessesEnd, WhoIgnoresSigtermIsKilled) {
  warnings heard;
  in_run_of_grace(1ms, [&] {
    auto task = coir::spawn([] {
      ::signal(SIGTERM, SIG_IGN);
      spin();
    });
    await_shared(0);
    EXPECT_THROW(coir::timeout(1ms, task), coir::timeout_error);
  });
  EXPECT_NE(heard.last().find("SIGKILL"), std::string::npos) << heard.last();
}

// P3
TEST_F(ProcessesEnd, KilledProcessFailsItsTaskOnly) {
  in_run([] {
    auto victim = coir::spawn(sleep_witnessed);
    auto other = coir::spawn([] { return 7; });
    ::kill(static_cast<pid_t>(await_shared(0)), SIGKILL);
    try {
      victim.get();
      ADD_FAILURE();
    } catch (coir::worker_died const& e) {
      EXPECT_EQ(e.signal(), SIGKILL);
      EXPECT_EQ(e.process(), static_cast<pid_t>(shared(0)));
      EXPECT_NE(std::string(e.what()).find("SIGKILL"), std::string::npos);
    }
    EXPECT_EQ(other.get(), 7);
    EXPECT_EQ(coir::spawn([] { return 8; }).get(), 8);
  });
}

// P3
TEST_F(ProcessesEnd, ProcessThatExitsFailsItsTask) {
  in_run([] {
    try {
      coir::spawn([] { ::_exit(3); }).get();
      ADD_FAILURE();
    } catch (coir::worker_died const& e) {
      EXPECT_EQ(e.signal(), 0);
      EXPECT_EQ(e.exit_code(), 3);
    }
  });
}

// P3: what a killed process has begun goes with it
TEST_F(ProcessesEnd, KilledProcessTakesItsTasksAlong) {
  in_run([] {
    auto task = coir::spawn([] {
      shared(3) = static_cast<std::uint32_t>(::getpid());
      coir::spawn(sleep_witnessed).join();
    });
    auto const below = static_cast<pid_t>(await_shared(0));
    ::kill(static_cast<pid_t>(await_shared(3)), SIGKILL);
    EXPECT_THROW(task.get(), coir::worker_died);
    await_death(below);
  });
}

// G3
TEST_F(ProcessesEnd, ExceptionComesBack) {
  in_run([] {
    try {
      coir::spawn([] { throw std::runtime_error("what it says"); }).get();
      ADD_FAILURE();
    } catch (std::runtime_error const& e) {
      EXPECT_STREQ(e.what(), "what it says");
    }
  });
}

// P3: no orphan
TEST_F(ProcessesEnd, KilledProgramLeavesNobody) {
  if (COIR_TSAN) GTEST_SKIP() << "TSan wants no threads after a fork beside threads";
  pid_t const program = ::fork();
  if (program == 0) {
    in_run([] {
      auto one = coir::spawn([] {
        shared(3) = static_cast<std::uint32_t>(::getpid());
        coir::spawn(sleep_witnessed).join();
      });
      one.join();
    });
    ::_exit(1);
  }
  while (shared(0) == 0 || shared(3) == 0) ::sched_yield();
  ::kill(program, SIGKILL);
  ::waitpid(program, nullptr, 0);
  await_death(static_cast<pid_t>(shared(0)));
  await_death(static_cast<pid_t>(shared(3)));
  EXPECT_EQ(shared(1), 0u);
}

// ---- the first look ------------------------------------------------------------------------------

std::size_t threads_here() {
  auto const all = std::filesystem::directory_iterator("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST_F(ProcessesEnd, TaskThatNeverLooksForACancelHasOneThread) {
  if (COIR_TSAN) GTEST_SKIP() << "TSan has one of its own";
  in_run([] {
    EXPECT_EQ(coir::spawn(threads_here).get(), 1u);
    EXPECT_EQ(coir::spawn([] {
                coir::this_task::checkpoint();
                return threads_here();
              }).get(),
              2u);
  });
}

/// Looks for a cancel that has come to this process, but that nobody has taken out of its socket.
bool sees_cancel(int how) {
  shared(0) = 1;
  pollfd from_parent{4, POLLIN, 0};  // where the fork server puts it
  while (::poll(&from_parent, 1, -1) != 1) {
  }
  try {
    switch (how) {
      case 0: coir::this_task::checkpoint(); return false;
      case 1: coir::yield(); return false;
      case 2: coir::sleep_for(1h); return false;
      case 3: return coir::this_task::cancelling() == 1;
      case 4: return coir::this_task::get_stop_token().stop_requested();
      case 5: return coir::this_task::uncancel() == 0 && coir::this_task::cancelling() == 0;
      case 6: coir::run([] { coir::sleep_for(1h); }); return false;
      case 7: {
        coir::task_group group;
        auto const child = group.spawn(sleep_long);
        return child.cancelled();  // it never began
      }
      default: return false;
    }
  } catch (coir::cancelled const&) {
    return true;
  }
}

// C3: however late the first one is
TEST_F(ProcessesEnd, TheFirstLookSeesACancelThatCameLongBefore) {
  for (int how = 0; how < 8; ++how) {
    shared(0) = 0;
    in_run_of_grace(1h, [&] {
      auto task = coir::spawn([](int which) { shared(1) = sees_cancel(which) ? 1 : 2; }, how);
      await_shared(0);
      task.cancel();
      task.join();
      EXPECT_EQ(shared(1).exchange(0), 1u) << "look " << how;
    });
  }
}

}  // namespace
