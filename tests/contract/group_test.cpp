// SPDX-License-Identifier: BSL-1.0
/// Groups on every model: all end together, and every failure is told.

#include <atomic>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class GroupOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, GroupOnAny, all_models, model_name);

class GroupOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, GroupOn, concurrent_models, model_name);

using GroupInVirtualTime = virtual_run;

// G2
TEST_P(GroupOnAny, TGR_01_WaitsForItsTasksAndReturnsTheBodysResult) {
  in_run([] {
    std::atomic<int> done = 0;
    int const result = coir::group([&](coir::task_group& g) {
      for (int i = 0; i < 5; ++i)
        g.spawn([&] {
          coir::yield();
          ++done;
        });
      return 9;
    });
    EXPECT_EQ(result, 9);
    EXPECT_EQ(done, 5);
    EXPECT_EQ(*coir::group([](coir::task_group&) { return std::make_unique<int>(2); }), 2);
  });
}

// G2
TEST_P(GroupOnAny, TheHandleOfAGroupsTaskGivesItsResult) {
  in_run([] {
    coir::group([](coir::task_group& g) {
      auto task = g.spawn(
          {.name = "child"}, [](int n) { return n + 1; }, 4);
      EXPECT_EQ(task.name(), "child");
      EXPECT_EQ(task.get(), 5);
    });
  });
}

// G2
TEST_P(GroupOn, TGR_03_TheFirstFailureCancelsSiblingsAndBody) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::event fail;
    coir::exception_group const errors = failure_of([&] {
      coir::group([&](coir::task_group& g) {
        await_parked(g.spawn([&] { wait_for_cancel(cancelled); }));
        await_parked(g.spawn([&] { wait_for_cancel(cancelled); }));
        g.spawn([&] {
          fail.wait();
          throw std::out_of_range("mine");
        });
        fail.set();
        try {
          coir::event().wait();
        } catch (coir::cancelled const& e) {
          EXPECT_EQ(e.reason().cause(), coir::cancel_cause::sibling_failed);
          ++cancelled;
          throw;
        }
      });
    });
    EXPECT_EQ(cancelled, 3);
    ASSERT_EQ(errors.errors().size(), 1u);  // who was merely cancelled has not failed
    ASSERT_EQ(errors.get<std::out_of_range>().size(), 1u);
    EXPECT_STREQ(errors.get<std::out_of_range>()[0]->what(), "mine");
    coir::yield();
  });
}

// G2
TEST_P(GroupOn, TGR_07_AFailureOfTheBodyCancelsTheTasks) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::exception_group const errors = failure_of([&] {
      coir::group([&](coir::task_group& g) {
        await_parked(g.spawn([&] { wait_for_cancel(cancelled); }));
        throw std::runtime_error("the body");
      });
    });
    EXPECT_EQ(cancelled, 1);
    EXPECT_STREQ(errors.what(), "1 failure: the body");
  });
}

// G2
TEST_P(GroupOn, TGR_04_CarriesEveryFailureInOrderOfCompletion) {
  in_run([] {
    coir::exception_group const errors = failure_of([] {
      coir::group([](coir::task_group& g) {
        auto second = g.spawn([] {
          try {
            coir::event().wait();
          } catch (coir::cancelled const&) {
            throw std::logic_error("second");
          }
        });
        await_parked(second);
        g.spawn([] { throw std::runtime_error("first"); });
        coir::shield([&] { second.join(); });
      });
    });
    EXPECT_STREQ(errors.what(), "2 failures: first; second");
    EXPECT_EQ(errors.errors().size(), 2u);
    EXPECT_EQ(errors.get<std::logic_error>().size(), 1u);
    EXPECT_TRUE(errors.get<std::bad_alloc>().empty());
  });
}

// G2
TEST_P(GroupOnAny, AFailureIsAnExceptionGroupEvenWhenItIsAlone) {
  in_run([] {
    coir::exception_group const errors = failure_of([] {
      coir::group([](coir::task_group& g) { g.spawn([] { throw std::out_of_range("mine"); }); });
    });
    EXPECT_STREQ(errors.what(), "1 failure: mine");
  });
}

// G2
TEST_P(GroupOnAny, TGR_08_AFailureInANestedGroupReachesTheOuterOneAsAGroup) {
  in_run([] {
    coir::exception_group const errors = failure_of([] {
      coir::group([](coir::task_group& outer) {
        outer.spawn([] {
          coir::group([](coir::task_group& inner) {
            inner.spawn([] { throw std::out_of_range("deep"); });
          });
        });
      });
    });
    EXPECT_STREQ(errors.what(), "1 failure: (1 failure: deep)");
    EXPECT_EQ(errors.get<std::out_of_range>().size(), 1u);
  });
}

// G2, C1: the cancel goes down the tree
TEST_P(GroupOn, TGR_08_AFailureCancelsTheGroupsOfItsSiblingsAndComesOutFlat) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::event ready;
    coir::exception_group const errors = failure_of([&] {
      coir::group([&](coir::task_group& outer) {
        outer.spawn([&] {
          coir::group([&](coir::task_group& inner) {
            for (int i = 0; i < 3; ++i)
              await_parked(inner.spawn([&] { wait_for_cancel(cancelled); }));
            ready.set();
          });
        });
        ready.wait();
        outer.spawn([] { throw std::runtime_error("mine"); });
      });
    });
    EXPECT_EQ(cancelled, 3);
    EXPECT_EQ(errors.errors().size(), 1u);
  });
}

// G2
TEST_P(GroupOn, TGR_21_CancellingAGroupEndsItInSilence) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::group([&](coir::task_group& g) {
      await_parked(g.spawn([&] { wait_for_cancel(cancelled); }));
      g.cancel();
      g.cancel();
      coir::yield();
      ADD_FAILURE() << "went on";
    });
    EXPECT_EQ(cancelled, 1);
    coir::yield();
  });
}

// G2: but a body that owes a result cannot give one
TEST_P(GroupOnAny, ACancelledBodyThatOwesAResultThrowsCancelled) {
  in_run([] {
    EXPECT_THROW(coir::group([](coir::task_group& g) {
                   g.cancel();
                   coir::yield();
                   return 1;
                 }),
                 coir::cancelled);
  });
}

// G2: a child may cancel its group
TEST_P(GroupOn, TGR_21_ATaskMayCancelItsGroup) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::group([&](coir::task_group& g) {
      await_parked(g.spawn([&] { wait_for_cancel(cancelled); }));
      g.spawn([&] { g.cancel("found it"); });
    });
    EXPECT_EQ(cancelled, 1);
  });
}

// G2: a cancelled child is no failure
TEST_P(GroupOn, CancellingOneTaskLeavesTheOthersAlone) {
  in_run([] {
    coir::event set;
    int done = 0;
    coir::group([&](coir::task_group& g) {
      auto one = g.spawn([] { coir::event().wait(); });
      auto other = g.spawn([&] {
        set.wait();
        ++done;
      });
      await_parked(one);
      one.cancel();
      one.join();
      EXPECT_TRUE(one.cancelled());
      EXPECT_FALSE(other.done());
      set.set();
    });
    EXPECT_EQ(done, 1);
  });
}

// G1
TEST_P(GroupOnAny, TGR_20_SpawningInAJoinedGroupIsALogicError) {
  in_run([] {
    coir::task_group g;
    int done = 0;
    g.spawn([&] { ++done; });
    EXPECT_FALSE(g.closed());
    g.join();
    EXPECT_TRUE(g.closed());
    EXPECT_EQ(done, 1);
    EXPECT_THROW(g.spawn([] { ADD_FAILURE(); }), std::logic_error);
    g.join();
    g.cancel();
  });
}

// G1
TEST_P(GroupOn, DestroyingAGroupCancelsAndJoinsItsTasks) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    {
      coir::task_group g;
      await_parked(g.spawn([&] { wait_for_cancel(cancelled); }));
    }
    EXPECT_EQ(cancelled, 1);
    coir::yield();
  });
}

// G2, C8: a cancel from outside goes to the tasks, and on
TEST_P(GroupOn, TGR_05_ACancelFromOutsideEndsTheTasksAndPassesThrough) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::event ready;
    auto owner = coir::spawn([&] {
      coir::group([&](coir::task_group& g) {
        for (int i = 0; i < 5; ++i) await_parked(g.spawn([&] { wait_for_cancel(cancelled); }));
        ready.set();
        wait_for_cancel(cancelled);
      });
      ADD_FAILURE() << "went on";
    });
    ready.wait();
    owner.cancel();
    EXPECT_THROW(owner.get(), coir::cancelled);
    EXPECT_EQ(cancelled, 6);
  });
}

// G2: tasks spawn siblings
TEST_P(GroupOnAny, TGR_01_ATaskMaySpawnSiblingsWhileItsGroupWaits) {
  in_run([] {
    std::atomic<int> done = 0;
    coir::group([&](coir::task_group& g) {
      g.spawn([&] {
        coir::yield();
        g.spawn([&] { ++done; });
        g.spawn([&] { ++done; });
      });
    });
    EXPECT_EQ(done, 2);
  });
}

// G4, T1
TEST_F(GroupInVirtualTime, ATimeoutAroundAGroupEndsItExactlyOnTime) {
  in_run([&] {
    std::atomic<int> cancelled = 0;
    EXPECT_THROW(coir::timeout(2s,
                               [&] {
                                 coir::group([&](coir::task_group& g) {
                                   for (int i = 0; i < 3; ++i)
                                     g.spawn([&] { wait_for_cancel(cancelled); });
                                 });
                               }),
                 coir::timeout_error);
    EXPECT_EQ(cancelled, 3);
    EXPECT_EQ(elapsed(), 2s);
  });
}

}  // namespace
}  // namespace contract
