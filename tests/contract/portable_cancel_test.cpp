// SPDX-License-Identifier: BSL-1.0
/// Cancels, timeouts, groups and ends of tasks that may be processes.

#include <stdexcept>
#include <string>
#include <vector>

#include "contract/portable.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class PortableCancelOn : public portable_on {};
INSTANTIATE_TEST_SUITE_P(Models, PortableCancelOn, portable_models, model_name);

class PortableTimeoutOn : public portable_on {};
INSTANTIATE_TEST_SUITE_P(Models, PortableTimeoutOn, portable_models, model_name);

class PortableGroupOn : public portable_on {};
INSTANTIATE_TEST_SUITE_P(Models, PortableGroupOn, portable_models, model_name);

class PortableEndOn : public portable_on {};
INSTANTIATE_TEST_SUITE_P(Models, PortableEndOn, portable_models, model_name);

int fail() { throw std::runtime_error("it failed"); }
int fail_beside(std::uint32_t sleepers) {
  await_shared(0, sleepers);
  return fail();
}
int number(int n) { return n; }

/// A task that has begun and waits somewhere is cancelled: it ends, and its destructors have run.
template <class F, class... Args>
void expect_cancelled(F f, Args const&... args) {
  auto const before = shared(0).load();
  auto task = coir::spawn(f, args...);
  await_shared(0, before + 1);
  EXPECT_TRUE(task.cancel());
  task.join();
  EXPECT_TRUE(task.cancelled());
  EXPECT_EQ(shared(2), before + 1);
}

// ---- cancels -------------------------------------------------------------------------------------

// C1, C2, C9
TEST_P(PortableCancelOn, AParkedTaskWakesAndBothSidesKnowTheReason) {
  in_run([] {
    auto task = coir::spawn([] {
      try {
        counted::stay();
      } catch (coir::cancelled const& e) {
        shared(3) =
            e.reason().text() == "enough" && e.reason().cause() == coir::cancel_cause::requested;
        throw;
      }
    });
    await_shared(0);
    EXPECT_TRUE(task.cancel("enough"));
    (void)task.cancel("more of it");  // the first reason stays, and it may have ended
    try {
      task.get();
      ADD_FAILURE();
    } catch (coir::cancelled const& e) {
      EXPECT_EQ(e.reason().text(), "enough");
    }
  });
  EXPECT_EQ(shared(3), 1u);
}

// C2: wherever it waits
TEST_P(PortableCancelOn, EveryWaitIsEnded) {
  in_run([] {
    shared_numbers const q(1);
    expect_cancelled(
        [](shared_numbers const& from) {
          counted const here;
          from.get();
        },
        q);
    q.put(1);
    expect_cancelled(
        [](shared_numbers const& to) {
          counted const here;
          to.put(2);
        },
        q);
    expect_cancelled(
        [](shared_numbers const& of) {
          counted const here;
          of.join();
        },
        q);
    coir::shared<coir::mutex> const mutex;
    mutex.lock();
    expect_cancelled(
        [](coir::shared<coir::mutex> const& held) {
          counted const here;
          held.lock();
        },
        mutex);
    mutex.unlock();
    expect_cancelled(
        [](coir::shared<coir::event> const& never_set) {
          counted const here;
          never_set.wait();
        },
        coir::shared<coir::event>());
    expect_cancelled(
        [](coir::shared<coir::semaphore> const& taken) {
          counted const here;
          taken.acquire();
        },
        coir::shared<coir::semaphore>(0, 1));
    expect_cancelled(
        [](coir::shared<coir::barrier> const& of_two) {
          counted const here;
          of_two.wait();
        },
        coir::shared<coir::barrier>(2));
    expect_cancelled([] { coir::spawn(counted::stay).join(); });
  });
}

// C2, S4: one that does not wait looks for it
TEST_P(PortableCancelOn, ATaskThatRunsIsEndedAtItsNextSuspension) {
  in_run([] {
    expect_cancelled([] {
      counted const here;
      for (;;) coir::yield();
    });
    expect_cancelled(
        [](shared_numbers const& q) {
          counted const here;
          for (;;) {
            q.put(1);
            q.get();
          }
        },
        shared_numbers(1));
  });
}

// C7
TEST_P(PortableCancelOn, CXL_02_ATaskOfACancelledGroupNeverStarts) {
  in_run([] {
    coir::group([](coir::task_group& group) {
      group.cancel();
      group.spawn([] { ++shared(0); });
    });
  });
  EXPECT_EQ(shared(0), 0u);
}

// C7
TEST_P(PortableCancelOn, AFinishedTaskCannotBeCancelled) {
  in_run([] {
    auto task = coir::spawn(number, 1);
    task.join();
    EXPECT_FALSE(task.cancel());
    EXPECT_FALSE(task.cancelled());
    EXPECT_EQ(task.get(), 1);
  });
}

// C7
TEST_P(PortableCancelOn, CXL_08_ATaskThatReturnsAfterCatchingItsCancelIsFinished) {
  in_run([] {
    auto task = coir::spawn([] {
      try {
        counted::stay();
      } catch (coir::cancelled const&) {
      }
      return 7;
    });
    await_shared(0);
    task.cancel();
    EXPECT_EQ(task.get(), 7);
    EXPECT_FALSE(task.cancelled());
  });
}

// C3: taken back, it is over; the next one is delivered
TEST_P(PortableCancelOn, CXL_12_ACancelThatIsTakenBackIsOver) {
  in_run([] {
    auto task = coir::spawn([] {
      try {
        counted::stay();
      } catch (coir::cancelled const&) {
      }
      shared(3) = coir::this_task::cancelling();
      shared(4) = coir::this_task::uncancel();
      coir::yield();
      counted::stay();
    });
    await_shared(0, 1);
    task.cancel();
    await_shared(0, 2);
    EXPECT_FALSE(task.done());
    task.cancel();
    task.join();
    EXPECT_TRUE(task.cancelled());
  });
  EXPECT_EQ(shared(3), 1u);
  EXPECT_EQ(shared(4), 0u);
  EXPECT_EQ(shared(1), 2u);
}

// C4: what has been done is done; the cancel comes at the next suspension
TEST_P(PortableCancelOn, CompletionWins) {
  in_run([] {
    for (int round = 0; round < 10; ++round) {
      shared_numbers const q(4);
      auto task = coir::spawn(
          [](shared_numbers const& from) {
            int const got = from.get();
            shared(3) = static_cast<std::uint32_t>(got);
            counted::stay();
          },
          q);
      q.put(round + 1);
      await_shared(3, static_cast<std::uint32_t>(round + 1));
      task.cancel();
      task.join();
      EXPECT_TRUE(task.cancelled());
      EXPECT_TRUE(q.empty());
    }
  });
}

// C7, G3: what is thrown on the way out of a cancel is what the task has come to
TEST_P(PortableCancelOn, AnErrorOnTheWayOutOfACancelIsTheTasksOwn) {
  in_run([] {
    auto task = coir::spawn([] {
      try {
        counted::stay();
      } catch (coir::cancelled const&) {
        throw std::out_of_range("while it ended");
      }
    });
    await_shared(0);
    task.cancel();
    EXPECT_THROW(task.get(), std::out_of_range);
    EXPECT_FALSE(task.cancelled());
  });
}

// ---- timeouts ------------------------------------------------------------------------------------

// T4, C9
TEST_P(PortableTimeoutOn, WFR_08_ATimeoutEndsItsTaskAndReturnsWhenItHasEnded) {
  in_run([] {
    auto task = coir::spawn([] {
      try {
        counted::stay();
      } catch (coir::cancelled const& e) {
        shared(3) = e.reason().cause() == coir::cancel_cause::deadline;
        coir::shield([] {
          coir::sleep_for(1ms);
          ++shared(4);
        });
        throw;
      }
    });
    await_shared(0);
    EXPECT_THROW(coir::timeout(1ms, task), coir::timeout_error);
    EXPECT_TRUE(task.done());
    EXPECT_EQ(shared(4), 1u);
  });
  EXPECT_EQ(shared(3), 1u);
}

// C8
TEST_P(PortableTimeoutOn, WFR_07_CancellingAWaiterInATimeoutEndsTheTask) {
  in_run([] {
    auto waiter = coir::spawn([] {
      auto task = coir::spawn(counted::stay);
      coir::timeout(1h, task);
    });
    await_shared(0);
    waiter.cancel();
    EXPECT_THROW(waiter.get(), coir::cancelled);
    EXPECT_EQ(shared(1), 1u);
    EXPECT_EQ(shared(2), 1u);
  });
}

// T1, T2
TEST_P(PortableTimeoutOn, TMO_01_TMO_02_BlocksEndInTimeOrNot) {
  in_run([] {
    auto const outcome = [](int microseconds, bool waits) {
      try {
        return coir::timeout(std::chrono::microseconds(microseconds), [&] {
          if (waits) coir::sleep_for(1h);
          return 1;
        });
      } catch (coir::timeout_error const&) {
        return 2;
      }
    };
    EXPECT_EQ(coir::spawn(outcome, 1000, true).get(), 2);
    EXPECT_EQ(coir::spawn(outcome, 0, true).get(), 2);
    EXPECT_EQ(coir::spawn(outcome, -1000, true).get(), 2);
    EXPECT_EQ(coir::spawn(outcome, 0, false).get(), 1);
    EXPECT_EQ(coir::spawn(outcome, 1'000'000'000, false).get(), 1);
  });
}

// T1: the outer one wins, and nothing of it is left in the task
TEST_P(PortableTimeoutOn, TMO_06_OfTwoTimeoutsTheOuterOneWins) {
  in_run([] {
    auto const nested = [] {
      bool inner = false, outer = false;
      try {
        coir::timeout(1ms, [&] {
          try {
            coir::timeout(1h, [] { coir::sleep_for(1h); });
          } catch (coir::timeout_error const&) {
            inner = true;
          }
        });
      } catch (coir::timeout_error const&) {
        outer = true;
      }
      coir::sleep_for(1ms);
      return !inner && outer && coir::this_task::cancelling() == 0;
    };
    EXPECT_TRUE(coir::spawn(nested).get());
  });
}

// T1: a cancel from outside passes through
TEST_P(PortableTimeoutOn, ACancelPassesThroughATimeout) {
  in_run([] {
    auto task = coir::spawn([] { coir::timeout(1h, counted::stay); });
    await_shared(0);
    task.cancel();
    task.join();
    EXPECT_TRUE(task.cancelled());
  });
}

// T4: all that is in it has ended
TEST_P(PortableTimeoutOn, ATimeoutAroundAGroupEndsItsTasks) {
  in_run([] {
    EXPECT_FALSE(coir::move_on_after(20ms, [] {
      coir::group([](coir::task_group& group) {
        group.spawn(counted::stay);
        group.spawn(counted::stay);
      });
    }));
    EXPECT_EQ(shared(0), shared(2));  // as many as had begun
  });
}

// ---- groups --------------------------------------------------------------------------------------

// G2: each failure, in the order of completion
TEST_P(PortableGroupOn, TGR_03_AllFailuresAreTold) {
  in_run([] {
    auto const failure = failure_of([] {
      coir::group([](coir::task_group& group) {
        group.spawn([] {
          try {
            counted::stay();
          } catch (coir::cancelled const&) {
            throw std::out_of_range("later");
          }
        });
        group.spawn(counted::stay);
        group.spawn(fail_beside, 2u);
      });
    });
    ASSERT_EQ(failure.errors().size(), 2u);
    EXPECT_EQ(what_of(failure.errors()[0]), "it failed");
    EXPECT_EQ(what_of(failure.errors()[1]), "later");
    EXPECT_EQ(failure.get<std::out_of_range>().size(), 1u);
    EXPECT_EQ(shared(2), 2u);
  });
}

// G2: the body too
TEST_P(PortableGroupOn, AFailureEndsTheBody) {
  in_run([] {
    bool ended = false;
    auto const failure = failure_of([&] {
      coir::group([&](coir::task_group& group) {
        group.spawn(fail);
        try {
          coir::sleep_for(1h);
        } catch (coir::cancelled const& e) {
          ended = e.reason().cause() == coir::cancel_cause::sibling_failed;
          throw;
        }
      });
    });
    EXPECT_TRUE(ended);
    EXPECT_EQ(failure.errors().size(), 1u);
  });
}

// G2: groups in groups, over there
TEST_P(PortableGroupOn, AGroupInATaskFailsAsOne) {
  in_run([] {
    auto task = coir::spawn([] {
      coir::group([](coir::task_group& group) {
        group.spawn(counted::stay);
        group.spawn(fail_beside, 1u);
      });
    });
    auto const failure = failure_of([&] { task.get(); });
    ASSERT_EQ(failure.errors().size(), 1u);
    EXPECT_EQ(what_of(failure.errors()[0]), "it failed");
    EXPECT_EQ(shared(2), 1u);
  });
}

// G1
TEST_P(PortableGroupOn, TGR_21_CancellingAGroupEndsItSilently) {
  in_run([] {
    coir::group([](coir::task_group& group) {
      group.spawn(counted::stay);
      group.spawn(counted::stay);
      await_shared(0, 2);
      group.cancel();
    });
    EXPECT_EQ(shared(1), 2u);
    EXPECT_EQ(coir::this_task::cancelling(), 0u);
    coir::yield();
  });
}

// G4
TEST_P(PortableGroupOn, GAT_07_ACancelOfTheWaiterEndsAllThatItGathers) {
  in_run([] {
    auto waiter =
        coir::spawn([] { coir::gather(coir::call(counted::stay), coir::call(counted::stay)); });
    await_shared(0, 2);
    waiter.cancel();
    waiter.join();
    EXPECT_TRUE(waiter.cancelled());
    EXPECT_EQ(shared(1), 2u);
    EXPECT_EQ(shared(2), 2u);
  });
}

// G4: a task that was cancelled is no failure
TEST_P(PortableGroupOn, GAT_10_WaitForTheFirstFailurePassesOverACancel) {
  in_run([] {
    std::vector<coir::task<int>> tasks;
    tasks.push_back(coir::spawn(counted::stay));
    tasks.push_back(coir::spawn(counted::stay));
    await_shared(0, 2);
    tasks.push_back(coir::spawn([] {
      await_shared(3);
      return fail();
    }));
    tasks[0].cancel();
    tasks[0].join();
    ++shared(3);
    auto const [done, pending] = coir::wait(tasks, coir::return_when::first_exception);
    EXPECT_EQ(done.size(), 2u);
    EXPECT_EQ(pending.size(), 1u);
    EXPECT_THROW(tasks[2].get(), std::runtime_error);
  });
}

// ---- ends ----------------------------------------------------------------------------------------

// G1
TEST_P(PortableEndOn, RUN_01_WhatIsLeftAtTheEndIsCancelledAndAwaited) {
  EXPECT_EQ(in_run([] {
              coir::spawn([] {
                try {
                  counted::stay();
                } catch (coir::cancelled const& e) {
                  shared(3) = e.reason().cause() == coir::cancel_cause::shutdown;
                  throw;
                }
              }).detach();
              await_shared(0);
              return 123;
            }),
            123);
  EXPECT_EQ(shared(2), 1u);
  EXPECT_EQ(shared(3), 1u);
}

// G3
TEST_P(PortableEndOn, RUN_02_TheErrorsOfWhatIsLeftAreTold) {
  unhandled_log told;
  EXPECT_EQ(in_run([] {
              coir::spawn({.name = "left"}, [] {
                try {
                  counted::stay();
                } catch (coir::cancelled const&) {
                  fail();
                }
              }).detach();
              await_shared(0);
              return 123;
            }),
            123);
  EXPECT_EQ(told.entries(), std::vector<std::string>{"left: it failed"});
}

// G1: a handle that goes ends its task
TEST_P(PortableEndOn, ADroppedHandleCancelsAndJoins) {
  in_run([] {
    {
      auto const task = coir::spawn(counted::stay);
      await_shared(0);
    }
    EXPECT_EQ(shared(2), 1u);
  });
}

TEST_P(PortableEndOn, BothSidesKnowTheTaskByOneNameAndNumber) {
  in_run([] {
    auto task = coir::spawn({.name = "a worker"}, [] {
      shared(3) = static_cast<std::uint32_t>(coir::this_task::id());
      return coir::this_task::name();
    });
    EXPECT_EQ(task.name(), "a worker");
    EXPECT_EQ(task.get(), "a worker");
    EXPECT_EQ(shared(3), static_cast<std::uint32_t>(task.id()));
    auto nameless = coir::spawn([] { return coir::this_task::name(); });
    EXPECT_EQ(nameless.get(), nameless.name());
  });
}

// G4, FUT-03
TEST_P(PortableEndOn, CallbacksRunInOrderAndLateOnesAtOnce) {
  in_run([] {
    auto task = coir::spawn([] {
      await_shared(0);
      return 5;
    });
    std::vector<int> order;
    for (int i = 0; i < 3; ++i) task.on_done([&, i] { order.push_back(i); });
    ++shared(0);
    EXPECT_EQ(task.get(), 5);
    task.on_done([&] { order.push_back(3); });
    EXPECT_EQ(order, (std::vector{0, 1, 2, 3}));
  });
}

// FUT-02: a limit on the wait leaves the task alone
TEST_P(PortableEndOn, AJoinThatIsTooLongLeavesTheTaskAlone) {
  in_run([] {
    auto task = coir::spawn([] {
      await_shared(0);
      return 5;
    });
    EXPECT_FALSE(task.join_for(1ms));
    ++shared(0);
    EXPECT_EQ(task.get(), 5);
  });
}

}  // namespace
}  // namespace contract
