// SPDX-License-Identifier: BSL-1.0
/// How a group ends on every model: what comes out when failures, cancels and cleanups meet.

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class GroupEndOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, GroupEndOnAny, all_models, model_name);

class GroupEndOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, GroupEndOn, concurrent_models, model_name);

using GroupEndInVirtualTime = virtual_run;

/// Parks until a cancel comes, and fails in its cleanup.
void fail_when_cancelled(char const* text) {
  try {
    coir::event().wait();
  } catch (coir::cancelled const&) {
    throw std::runtime_error(text);
  }
}

// G2
TEST(GroupEndOnFibers, TGR_04_TwoFailuresOfOneTurnAreBothToldInTheirOrder) {
  coir::run([] {
    coir::event go;
    coir::exception_group const errors = failure_of([&] {
      coir::group([&](coir::task_group& g) {
        for (char const* text : {"first", "second"})
          await_parked(g.spawn([&go, text] {
            go.wait();
            throw std::out_of_range(text);
          }));
        go.set();
      });
    });
    EXPECT_STREQ(errors.what(), "2 failures: first; second");
  });
}

// G2, C8: a failure weighs more than the cancel that led to it
TEST_P(GroupEndOn, TGR_06_FailuresInTheCleanupAfterAnOuterCancelComeOutAsAGroup) {
  in_run([] {
    coir::event ready;
    auto owner = coir::spawn([&] {
      coir::group([&](coir::task_group& g) {
        await_parked(g.spawn([] { fail_when_cancelled("cleanup"); }));
        ready.set();
      });
    });
    ready.wait();
    owner.cancel();
    EXPECT_STREQ(failure_of([&] { owner.get(); }).what(), "1 failure: cleanup");
  });
}

// G2, C7
TEST(GroupEndOnFibers, TGR_07_AFailureOfTheBodyCancelsTasksThatNeverBegan) {
  coir::run([] {
    coir::exception_group const errors = failure_of([] {
      coir::group([](coir::task_group& g) {
        g.spawn([] { ADD_FAILURE() << "began"; });
        throw std::out_of_range("the body");
      });
    });
    EXPECT_STREQ(errors.what(), "1 failure: the body");
  });
}

// G2
TEST_P(GroupEndOn, TGR_08_AnOuterCancelWithFailuresInAnInnerGroupGivesANestedGroup) {
  in_run([] {
    coir::event ready;
    auto owner = coir::spawn([&] {
      coir::group([&](coir::task_group& outer) {
        outer.spawn([&] {
          coir::group([&](coir::task_group& inner) {
            await_parked(inner.spawn([] { fail_when_cancelled("deep"); }));
            ready.set();
          });
        });
      });
    });
    ready.wait();
    owner.cancel();
    EXPECT_STREQ(failure_of([&] { owner.get(); }).what(), "1 failure: (1 failure: deep)");
  });
}

// C9, G2: in a shield the handler is not interrupted again, and the failure wins
TEST_P(GroupEndOn, TGR_09_AFailureWhileTheBodyHandlesACancelDoesNotInterruptIt) {
  in_run([] {
    coir::event handling;
    coir::event failed;
    std::atomic<bool> handled = false;
    coir::event ready;
    auto owner = coir::spawn([&] {
      coir::group([&](coir::task_group& g) {
        auto child = g.spawn([&] {
          try {
            coir::event().wait();
          } catch (coir::cancelled const&) {
            coir::shield([&] {
              handling.wait();
              failed.set();
              throw std::out_of_range("child");
            });
          }
        });
        await_parked(child);
        ready.set();
        try {
          coir::event().wait();
        } catch (coir::cancelled const&) {
          coir::shield([&] {
            handling.set();
            failed.wait();
            child.join();
            handled = true;
          });
        }
      });
    });
    ready.wait();
    await_parked(owner);
    owner.cancel();
    EXPECT_STREQ(failure_of([&] { owner.get(); }).what(), "1 failure: child");
    EXPECT_TRUE(handled);
  });
}

// G2
TEST_P(GroupEndOn, TGR_10_TGR_14_ABodyThatTurnsItsCancelIntoAnErrorIsTold) {
  in_run([] {
    coir::event go;
    coir::exception_group const errors = failure_of([&] {
      coir::group([&](coir::task_group& g) {
        g.spawn([&] {
          go.wait();
          throw std::out_of_range("child");
        });
        go.set();
        fail_when_cancelled("body");
      });
    });
    EXPECT_EQ(errors.errors().size(), 2u);
    EXPECT_EQ(errors.get<std::out_of_range>().size(), 1u);
    EXPECT_EQ(errors.get<std::runtime_error>().size(), 1u);
    EXPECT_EQ(coir::this_task::cancelling(), 0u);
    coir::yield();
  });
}

// G2
TEST_P(GroupEndOnAny, TGR_11_AFailureOfBodyAndChildAreBothTold) {
  in_run([] {
    coir::exception_group const errors = failure_of([] {
      coir::group([](coir::task_group& g) {
        auto child = g.spawn([] { throw std::out_of_range("child"); });
        coir::shield([&] { child.join(); });
      });
    });
    EXPECT_STREQ(errors.what(), "1 failure: child");
    coir::exception_group const both = failure_of([] {
      coir::group([](coir::task_group& g) {
        auto child = g.spawn([] { throw std::out_of_range("child"); });
        while (!child.done()) {
          try {
            coir::yield();
          } catch (coir::cancelled const&) {
          }
        }
        throw std::logic_error("body");
      });
    });
    EXPECT_EQ(both.errors().size(), 2u);
  });
}

// C7: what is refused is given back
TEST_P(GroupEndOnAny, TGR_13_ATaskSpawnedIntoACancelledGroupNeverBeginsAndIsReleased) {
  in_run([] {
    std::weak_ptr<int> released;
    coir::group([&](coir::task_group& g) {
      g.cancel();
      auto kept = std::make_shared<int>(1);
      released = kept;
      auto refused = g.spawn([kept] { ADD_FAILURE() << "began"; });
      kept.reset();
      coir::shield([&] {
        refused.join();
        EXPECT_TRUE(refused.cancelled());
        EXPECT_TRUE(released.expired());
        coir::this_task::checkpoint();
      });
    });
    EXPECT_TRUE(released.expired());
  });
}

// G2, C3: failure first, and then the cancel
TEST_P(GroupEndOn, TGR_15_AFailureAndAnOuterCancelComeOneAfterTheOther) {
  in_run([] {
    coir::event ready;
    coir::event go;
    std::atomic<bool> checked = false;
    auto owner = coir::spawn([&] {
      EXPECT_THROW(coir::group([&](coir::task_group& g) {
                     await_parked(g.spawn([&] {
                       coir::shield([&] {
                         ready.set();
                         go.wait();
                         throw std::out_of_range("mine");
                       });
                     }));
                   }),
                   coir::exception_group);
      EXPECT_EQ(coir::this_task::cancelling(), 1u);
      EXPECT_THROW(coir::yield(), coir::cancelled);
      checked = true;
    });
    ready.wait();
    owner.cancel();
    go.set();
    owner.join();
    EXPECT_TRUE(checked);
  });
}

// C1: the group's own cancel stays in the group
TEST_P(GroupEndOnAny, TGR_17_AfterAHandledFailureNothingIsLeftOfTheCancel) {
  in_run([] {
    for (int round = 0; round < 2; ++round) {
      EXPECT_THROW(coir::group([](coir::task_group& g) {
                     g.spawn([] { throw std::out_of_range("mine"); });
                     coir::sleep_for(1h);
                   }),
                   coir::exception_group);
      EXPECT_EQ(coir::this_task::cancelling(), 0u);
      coir::yield();
      coir::this_task::checkpoint();
    }
  });
}

// C7
TEST_P(GroupEndOn, TGR_19_TasksThatSpawnTasksForEverEndWithTheirGroup) {
  in_run([] {
    std::atomic<int> spawned = 0;
    std::function<void()> breed;
    coir::exception_group const errors = failure_of([&] {
      coir::group([&](coir::task_group& g) {
        breed = [&] {
          coir::yield();
          ++spawned;
          g.spawn(breed);
        };
        g.spawn(breed);
        while (spawned < 20) coir::yield();
        g.spawn([] { throw std::out_of_range("enough"); });
      });
    });
    EXPECT_STREQ(errors.what(), "1 failure: enough");
  });
}

// G1
TEST_P(GroupEndOnAny, TGR_20_AGroupIsJoinedByItsMakerAndSpawnsOnlyInARun) {
  in_run([] {
    coir::task_group g;
    auto stranger = coir::spawn([&] { EXPECT_THROW(g.join(), std::logic_error); });
    stranger.get();
    g.join();
    g.join();
  });
  coir::task_group outside;
  EXPECT_THROW(outside.spawn([] {}), std::logic_error);
  EXPECT_THROW(outside.start([](coir::task_status<>&) {}), std::logic_error);
}

// G2
TEST_P(GroupEndOn, TGR_21_AGroupMayBeCancelledFromOutsideAndAfterItsEnd) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::task_group* open = nullptr;
    coir::event ready;
    auto owner = coir::spawn([&] {
      coir::task_group g;
      await_parked(g.spawn([&] { wait_for_cancel(cancelled); }));
      open = &g;
      ready.set();
      g.join();
      g.cancel();  // nothing is left to be cancelled
      EXPECT_EQ(coir::this_task::cancelling(), 0u);
      coir::yield();
    });
    ready.wait();
    await_parked(owner);
    open->cancel();
    owner.get();
    EXPECT_EQ(cancelled, 1);
  });
}

// G2
TEST_P(GroupEndOn, TGR_21_AFailureDuringTheWindDownOfACancelledGroupIsTold) {
  in_run([] {
    coir::exception_group const errors = failure_of([] {
      coir::group([](coir::task_group& g) {
        await_parked(g.spawn([] { fail_when_cancelled("wind-down"); }));
        g.cancel();
      });
    });
    EXPECT_STREQ(errors.what(), "1 failure: wind-down");
  });
}

// G2, C7
TEST_P(GroupEndOnAny, TGR_22_AGroupCancelledAtItsEntryRunsItsBodyToTheFirstSuspension) {
  in_run([] {
    bool entered = false;
    coir::group([&](coir::task_group& g) {
      g.cancel();
      entered = true;
      g.spawn([] { ADD_FAILURE() << "began"; });
      coir::yield();
      ADD_FAILURE() << "went on";
    });
    EXPECT_TRUE(entered);
    coir::yield();
  });
}

// C1: a task that begins at once is below the group from its first step
TEST_P(GroupEndOnAny, TGR_23_ATaskThatCancelsItsGroupAtOnceIsCancelledItself) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::group([&](coir::task_group& g) {
      g.spawn([&] {
        g.cancel();
        wait_for_cancel(cancelled);
      });
    });
    EXPECT_EQ(cancelled, 1);
  });
}

// T1, C8
TEST_F(GroupEndInVirtualTime, TGR_24_ATimeoutWhileACancelledGroupDrainsComesThrough) {
  in_run([&] {
    EXPECT_THROW(
        coir::timeout(2h,
                      [&] {
                        coir::group([&](coir::task_group& g) {
                          await_parked(g.spawn([] { coir::shield([] { coir::sleep_for(5h); }); }));
                          g.cancel();
                        });
                        ADD_FAILURE() << "went on";
                      }),
        coir::timeout_error);
    EXPECT_EQ(elapsed(), 5h);  // T4
  });
}

// C8
TEST_P(GroupEndOn, TGR_24_ACancelWhileACancelledGroupDrainsComesThrough) {
  in_run([] {
    coir::event draining;
    coir::event go_on;
    auto owner = coir::spawn([&] {
      coir::group([&](coir::task_group& g) {
        await_parked(g.spawn([&] {
          coir::shield([&] {
            draining.set();
            go_on.wait();
          });
        }));
        g.cancel();
      });
      ADD_FAILURE() << "went on";
    });
    draining.wait();
    owner.cancel();
    go_on.set();
    EXPECT_THROW(owner.get(), coir::cancelled);
  });
}

// S4: the exit of a group is a suspension point
TEST_P(GroupEndOnAny, TGR_26_TheExitOfAnEmptyGroupLooksForACancel) {
  in_run([] {
    coir::cancel_scope scope;
    EXPECT_FALSE(scope.run([&] {
      coir::group([&](coir::task_group&) { scope.cancel(); });
      ADD_FAILURE() << "went on";
    }));
    EXPECT_FALSE(coir::move_on_after(0s, [] { coir::group([](coir::task_group&) {}); }));
  });
}

}  // namespace
}  // namespace contract
