// SPDX-License-Identifier: BSL-1.0
/// SIGINT in a run: a cancel first, the end of the program next; and who answers (G5).

#include <atomic>
#include <cerrno>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <sys/wait.h>

#include "contract/models.hpp"
#include "contract/sigint.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

using testing::ExitedWithCode;
using testing::KilledBySignal;

class SigintOn : public on_sigint {};
INSTANTIATE_TEST_SUITE_P(Models, SigintOn, concurrent_models, model_name);
class SigintOnAny : public on_sigint {};
INSTANTIATE_TEST_SUITE_P(Models, SigintOnAny, all_models, model_name);

// ---- The first one

TEST_P(SigintOnAny, ItCancelsMainAndRunThrowsInterrupted) {
  EXPECT_EXIT(end_by([] {
                in_run([] {
                  interrupt();
                  wait_for_interrupt();
                });
              }),
              ExitedWithCode(was_interrupted), "");
}

TEST_P(SigintOnAny, ItWakesAProgramThatSleepsUntilADeadline) {
  if (is_held_back_from_main(GetParam())) GTEST_SKIP() << "by TSan";
  EXPECT_EXIT(end_by([] {
                pesterer other;
                in_run([&] {
                  other.begin();
                  wait_for_interrupt();
                });
              }),
              ExitedWithCode(was_interrupted), "");
}

TEST_P(SigintOn, ItWakesAProgramThatSleepsForGood) {
  if (is_held_back_from_main(GetParam())) GTEST_SKIP() << "by TSan";
  EXPECT_EXIT(end_by([] {
                pesterer other;
                in_run([&] {
                  other.begin();
                  coir::event().wait();
                });
              }),
              ExitedWithCode(was_interrupted), "");
}

TEST_P(SigintOnAny, ItIsSeenWhileOthersWorkOnThreads) {
  if (is_held_back_from_main(GetParam())) GTEST_SKIP() << "by TSan";
  EXPECT_EXIT(end_by([] {
                pesterer other;
                in_run([&] {
                  auto const end = std::make_shared<coir::event>();
                  at_end const let_it_go{[&] { end->set(); }};
                  coir::offload(coir::abandon_on_cancel, [&other, end] {
                    other.begin();
                    end->wait();
                  });
                });
              }),
              ExitedWithCode(was_interrupted), "");
}

TEST_P(SigintOnAny, ItIsSeenByALoopThatNeverParks) {
  EXPECT_EXIT(end_by([] {
                in_run([] {
                  interrupt();
                  for (;;) coir::yield();
                });
              }),
              ExitedWithCode(was_interrupted), "");
  EXPECT_EXIT(end_by([] {
                in_run([] {
                  coir::mutex never_contended;
                  interrupt();
                  for (;;) std::scoped_lock const held(never_contended);
                });
              }),
              ExitedWithCode(was_interrupted), "");
}

// C9: main's, and what main owns; the rest ends with the run
TEST_P(SigintOn, ItEndsWhatMainOwnsAndThenTheRest) {
  EXPECT_EXIT(end_by([] {
                std::atomic<int> ends{0};
                bool right_cause = false;
                at_end const check{[&] {
                  if (ends != 3 || !right_cause) std::_Exit(failed);
                }};
                in_run([&] {
                  auto left_behind = coir::spawn([&] {
                    try {
                      coir::event().wait();
                    } catch (coir::cancelled const& e) {
                      right_cause = e.reason().cause() == coir::cancel_cause::shutdown;
                      ++ends;
                      throw;
                    }
                  });
                  await_parked(left_behind);
                  left_behind.detach();
                  auto const owned = coir::spawn([&] { wait_for_cancel(ends); });
                  await_parked(owned);
                  coir::group([&](coir::task_group& all) {
                    await_parked(all.spawn([&] { wait_for_cancel(ends); }));
                    interrupt();
                    wait_for_interrupt();
                  });
                });
              }),
              ExitedWithCode(was_interrupted), "");
}

TEST_P(SigintOnAny, TheCallsErrnoIsKept) {
  EXPECT_EXIT(end_by([] {
                in_run([] {
                  errno = 77;
                  interrupt();
                  require(errno == 77, "errno has changed");
                  wait_for_interrupt();
                });
              }),
              ExitedWithCode(was_interrupted), "");
}

// Main cannot end them: it is in the very calls that begin them
class SigintInCalls : public on_sigint {};
INSTANTIATE_TEST_SUITE_P(Models, SigintInCalls, testing::Values(coir::model::serial), model_name);

TEST_P(SigintInCalls, ItGoesOnToTheTasksThatMainIsInAndToLaterOnes) {
  EXPECT_EXIT(end_by([] {
                int begun = 0;
                at_end const check{[&] {
                  if (begun != 2) std::_Exit(failed);
                }};
                in_run([&] {
                  auto const outer = coir::spawn([&] {
                    ++begun;
                    auto const inner = coir::spawn([&] {
                      ++begun;
                      interrupt();
                      wait_for_interrupt();
                    });
                    coir::spawn([&] { ++begun; }).join();
                  });
                  require(outer.cancelled(), "the outer task was not cancelled");
                  auto const later = coir::spawn([&] { ++begun; });
                  require(later.cancelled(), "a later task has begun");
                  wait_for_interrupt();
                });
              }),
              ExitedWithCode(was_interrupted), "");
}

TEST_P(SigintInCalls, ItDoesNotGetIntoAShield) {
  EXPECT_EXIT(end_by([] {
                int ends = 0;
                at_end const check{[&] {
                  if (ends != 2) std::_Exit(failed);
                }};
                in_run([&] {
                  coir::spawn([&] {
                    coir::shield([&] {
                      for (bool const first : {true, false}) {
                        coir::spawn([&] {
                          if (first) interrupt();
                          coir::sleep_for(1ms);
                          ++ends;
                        }).get();
                      }
                    });
                    require(false, "not cancelled after the shield");
                  }).join();
                });
              }),
              ExitedWithCode(was_interrupted), "");
}

// ---- The second one

TEST_P(SigintOnAny, TheSecondEndsAMainThatIsBusyAndNeverLooks) {
  EXPECT_EXIT(end_by([] {
                in_run([] {
                  interrupt();
                  await_handled();
                  for (;;) interrupt();
                });
              }),
              KilledBySignal(SIGINT), "");
}

TEST_P(SigintOnAny, TheSecondEndsAMainThatCleansUp) {
  EXPECT_EXIT(end_by([] {
                in_run([] {
                  at_end const cleanup{[] { interrupt(); }};
                  interrupt();
                  wait_for_interrupt();
                });
              }),
              KilledBySignal(SIGINT), "");
}

// ---- The answer

// asyncio.Runner: who swallows it and returns a value has given the answer
TEST_P(SigintOnAny, AMainThatAnswersWithAValueIsNotInterrupted) {
  EXPECT_EXIT(end_by([] {
                int const value = in_run([] {
                  try {
                    interrupt();
                    wait_for_interrupt();
                  } catch (coir::cancelled const&) {
                  }
                  return 7;
                });
                require(value == 7, "another value");
                interrupt();
              }),
              KilledBySignal(SIGINT), "");
}

TEST_P(SigintOnAny, AMainThatTakesItBackGoesOn) {
  EXPECT_EXIT(end_by([] {
                in_run([] {
                  try {
                    interrupt();
                    wait_for_interrupt();
                  } catch (coir::cancelled const&) {
                    require(coir::this_task::cancelling() == 1, "not one request");
                    require(coir::this_task::uncancel() == 0, "still cancelled");
                  }
                  coir::sleep_for(1us);
                });
              }),
              ExitedWithCode(returned), "");
}

// G3
TEST_P(SigintOnAny, AnErrorOfMainsCleanupTravels) {
  EXPECT_EXIT(end_by([] {
                in_run([] {
                  try {
                    interrupt();
                    wait_for_interrupt();
                  } catch (coir::cancelled const&) {
                    throw std::runtime_error("cleanup failed");
                  }
                });
              }),
              ExitedWithCode(failed), "cleanup failed");
}

// A program that runs one short thing after the other must be possible to interrupt
TEST_P(SigintOnAny, AMainThatReturnsWithoutKnowingOfItIsInterrupted) {
  EXPECT_EXIT(end_by([] {
                in_run([] {
                  interrupt();
                  return 7;
                });
              }),
              ExitedWithCode(was_interrupted), "");
}

TEST_P(SigintOn, OneThatComesWhileTheRestEndsInterruptsTheRun) {
  EXPECT_EXIT(end_by([] {
                coir::event begun;
                in_run([&] {
                  coir::spawn([&] {
                    begun.set();
                    try {
                      coir::event().wait();
                    } catch (coir::cancelled const&) {
                      interrupt();
                    }
                  }).detach();
                  begun.wait();
                });
              }),
              ExitedWithCode(was_interrupted), "");
}

// A cancel from around the run, for nobody inside it can cancel main
TEST_P(SigintOnAny, RUN_07_AMainThatWasCancelledByOthersTooIsJustCancelled) {
  EXPECT_EXIT(end_by([] {
                for (bool const sigint_first : {false, true}) {
                  coir::cancel_scope around;
                  bool const whole = around.run([&] {
                    in_run([&] {
                      if (!sigint_first) around.cancel();
                      interrupt();
                      if (sigint_first) around.cancel();
                      coir::sleep_for(1h);
                    });
                  });
                  require(!whole, "not cancelled");
                }
              }),
              ExitedWithCode(returned), "");
}

// ---- Whose it is

TEST_P(SigintOnAny, ItIsAsBeforeOnceTheRunIsOver) {
  EXPECT_EXIT(end_by([] {
                in_run([] {});
                struct sigaction action {};
                ::sigaction(SIGINT, nullptr, &action);
                require(action.sa_handler == SIG_DFL, "still handled");
                interrupt();
              }),
              KilledBySignal(SIGINT), "");
}

TEST_P(SigintOnAny, EachRunHasItsFirst) {
  EXPECT_EXIT(end_by([] {
                for (int i = 0; i < 2; ++i) {
                  try {
                    in_run([] {
                      interrupt();
                      wait_for_interrupt();
                    });
                    require(false, "not interrupted");
                  } catch (coir::interrupted const&) {
                  }
                }
              }),
              ExitedWithCode(returned), "");
}

TEST_P(SigintOnAny, WhereItIsIgnoredItStaysSo) {
  EXPECT_EXIT(end_by([] {
                std::signal(SIGINT, SIG_IGN);
                in_run([] {
                  interrupt();
                  coir::sleep_for(1ms);
                });
                require(std::signal(SIGINT, SIG_IGN) == SIG_IGN, "not ignored any more");
              }),
              ExitedWithCode(returned), "");
}

std::atomic<int> heard{0};

TEST_P(SigintOnAny, AHandlerOfTheProgramsStaysInPlace) {
  EXPECT_EXIT(end_by([] {
                std::signal(SIGINT, [](int) { ++heard; });
                in_run([] {
                  interrupt();
                  while (heard == 0) coir::yield();
                });
                interrupt();
                while (heard == 1) coir::yield();
              }),
              ExitedWithCode(returned), "");
}

TEST_P(SigintOnAny, AHandlerThatIsSetInTheRunStaysAfterIt) {
  EXPECT_EXIT(end_by([] {
                in_run([] { std::signal(SIGINT, [](int) { ++heard; }); });
                interrupt();
                while (heard == 0) coir::yield();
              }),
              ExitedWithCode(returned), "");
}

TEST_P(SigintOnAny, ARunThatIsToldNotToHandleItDoesNot) {
  EXPECT_EXIT(
      end_by([] { coir::run({.model = GetParam(), .handle_sigint = false}, [] { interrupt(); }); }),
      KilledBySignal(SIGINT), "");
}

TEST_P(SigintOnAny, ARunOnAnotherThreadDoesNotHandleIt) {
  EXPECT_EXIT(end_by([] { std::thread([] { in_run([] { interrupt(); }); }).join(); }),
              KilledBySignal(SIGINT), "");
}

// G6: the outer run handles it, and its main's cancel goes on to the inner one
TEST_P(SigintOnAny, ARunInsideARunIsEndedByTheOuterOnes) {
  EXPECT_EXIT(end_by([] {
                coir::run({.model = coir::model::threads}, [] {
                  in_run([] {
                    interrupt();
                    wait_for_interrupt();
                  });
                  require(false, "not interrupted");
                });
              }),
              ExitedWithCode(was_interrupted), "");
  if (is_held_back_from_main(coir::model::threads)) return;
  EXPECT_EXIT(end_by([] {
                coir::run({.model = coir::model::threads}, [] {
                  auto const inside = coir::spawn([] {
                    in_run([] {
                      interrupt();
                      (void)coir::event().wait_for(1h);
                    });
                  });
                  inside.join();
                });
              }),
              ExitedWithCode(was_interrupted), "");
}

// A copy of the program that was forked in a run is another one
TEST_P(SigintOnAny, SIG_04_AForkedChildIsEndedByItsOwnSigintAndTheParentHearsNothing) {
  if (COIR_TSAN) GTEST_SKIP() << "TSan holds a signal back from a child that does nothing but wait";
  EXPECT_EXIT(end_by([] {
                in_run([] {
                  pid_t const child = ::fork();
                  if (child == 0) {
                    interrupt();
                    for (;;) ::pause();
                  }
                  int status = 0;
                  ::waitpid(child, &status, 0);
                  require(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT, "not by SIGINT");
                  coir::sleep_for(5ms);
                });
              }),
              ExitedWithCode(returned), "");
}

// ---- Virtual time

class SigintInVirtualTime : public on_sigint {};
INSTANTIATE_TEST_SUITE_P(Models, SigintInVirtualTime, testing::Values(coir::model::fibers),
                         model_name);

TEST_P(SigintInVirtualTime, ItIsSeenWhileTimeJumps) {
  EXPECT_EXIT(end_by([] {
                coir::virtual_clock clock;
                coir::run({.clock = &clock}, [] {
                  interrupt();
                  for (;;) wait_for_interrupt();
                });
              }),
              ExitedWithCode(was_interrupted), "");
}

TEST_P(SigintInVirtualTime, ItIsSeenWhileTimeStandsStill) {
  EXPECT_EXIT(end_by([] {
                pesterer other;
                coir::virtual_clock clock;
                coir::run({.clock = &clock}, [&] {
                  auto const end = std::make_shared<coir::event>();
                  at_end const let_it_go{[&] { end->set(); }};
                  coir::offload(coir::abandon_on_cancel, [&other, end] {
                    other.begin();
                    end->wait();
                  });
                });
              }),
              ExitedWithCode(was_interrupted), "");
}

}  // namespace
}  // namespace contract
