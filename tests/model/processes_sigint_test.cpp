// SPDX-License-Identifier: BSL-1.0
/// SIGINT in a run on processes: it goes to the program, which ends them (G5).

#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

#include "contract/processes.hpp"
#include "contract/sigint.hpp"

namespace {

using contract::await_shared;
using contract::end_by;
using contract::interrupt;
using contract::shared;
using testing::ExitedWithCode;
using testing::KilledBySignal;

class ProcessesSigint : public contract::on_processes {
 protected:
  void SetUp() override {
    on_processes::SetUp();
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  }
  void TearDown() override { GTEST_FLAG_SET(death_test_style, "fast"); }
};

/// Counts itself in, and out when a cancel ends it.
void wait_here() {
  ++shared(0);
  try {
    coir::event().wait();
  } catch (coir::cancelled const&) {
    ++shared(1);
    throw;
  }
}

TEST_F(ProcessesSigint, ItCancelsMainWhichEndsItsProcesses) {
  EXPECT_EXIT(end_by([] {
                try {
                  in_run([] {
                    auto const one = coir::spawn(wait_here);
                    coir::group([](coir::task_group& all) {
                      all.spawn(wait_here);
                      await_shared(0, 2);
                      interrupt();
                      contract::wait_for_interrupt();
                    });
                  });
                } catch (coir::interrupted const&) {
                  contract::require(shared(1) == 2, "a process was not cancelled");
                  throw;
                }
              }),
              ExitedWithCode(contract::was_interrupted), "");
}

TEST_F(ProcessesSigint, ItWakesAMainThatSleeps) {
  if (contract::is_held_back_from_main(coir::model::processes)) GTEST_SKIP() << "by TSan";
  EXPECT_EXIT(end_by([] {
                contract::pesterer other;
                in_run([&] {
                  auto const task = coir::spawn(wait_here);
                  await_shared(0);
                  other.begin();
                  task.join();
                });
              }),
              ExitedWithCode(contract::was_interrupted), "");
}

// They hold the program's stderr, and as long as one of them lives the test waits
TEST_F(ProcessesSigint, TheSecondEndsTheProgramAndItsProcesses) {
  EXPECT_EXIT(end_by([] {
                in_run([] {
                  auto const busy = coir::spawn([] {
                    for (++shared(0);;) ++shared(1);
                  });
                  await_shared(0);
                  interrupt();
                  contract::await_handled();
                  for (;;) interrupt();
                });
              }),
              KilledBySignal(SIGINT), "");
}

// P3: a signal to one process ends its task, and the program hears of that alone
TEST_F(ProcessesSigint, ASigintOfAProcessIsItsOwn) {
  EXPECT_EXIT(end_by([] {
                in_run([] {
                  auto struck = coir::spawn([] {
                    interrupt();
                    coir::sleep_for(std::chrono::hours(1));
                  });
                  try {
                    struck.get();
                  } catch (coir::worker_died const& e) {
                    contract::require(e.signal() == SIGINT, "another signal");
                    return;
                  }
                  contract::require(false, "it lives");
                });
              }),
              ExitedWithCode(contract::returned), "");
}

// The thread that looks for SIGINT is no reason why there can be no fork server
TEST_F(ProcessesSigint, TheFirstRunOnProcessesMayBeInARunOnThreads) {
  if (COIR_TSAN) GTEST_SKIP() << "TSan has more threads after a fork than before";
  EXPECT_EXIT(end_by([] {
                pid_t const unprepared = ::fork();  // such a copy has no fork server
                if (unprepared == 0)
                  end_by([] {
                    coir::run({.model = coir::model::threads},
                              [] { in_run([] { coir::spawn([] {}).get(); }); });
                  });
                int status = 0;
                ::waitpid(unprepared, &status, 0);
                contract::require(WEXITSTATUS(status) == contract::returned, "it failed");
              }),
              ExitedWithCode(contract::returned), "");
}

}  // namespace
