// SPDX-License-Identifier: BSL-1.0
/// offload() on every model: a call on a thread of its own, which ends before the caller goes on.

#include <atomic>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <unistd.h>

#include "contract/models.hpp"

namespace contract {
namespace {

class OffloadOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, OffloadOnAny, all_models, model_name);

class OffloadOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, OffloadOn, concurrent_models, model_name);

using OffloadInVirtualTime = virtual_run;

/// Gives others a good chance to do what they should not do.
void linger() {
  for (int i = 0; i < 1000; ++i) std::this_thread::yield();
}

TEST_P(OffloadOnAny, TheCallRunsOnAnotherThreadAndItsResultComesBack) {
  in_run([] {
    auto const here = std::this_thread::get_id();
    EXPECT_NE(coir::offload([] { return std::this_thread::get_id(); }), here);
    EXPECT_EQ(coir::offload([](int a, int b) { return a - b; }, 5, 3), 2);
    EXPECT_EQ(*coir::offload([](std::unique_ptr<int> p) { return p; }, std::make_unique<int>(7)),
              7);
  });
}

TEST_P(OffloadOnAny, ArgumentsAreUsedWhereTheyAreAndReferencesComeBack) {
  in_run([] {
    std::string text = "a";
    coir::offload([](std::string& there) { there += "b"; }, text);
    std::string& same = coir::offload([&]() -> std::string& { return text; });
    EXPECT_EQ(&same, &text);
    EXPECT_EQ(text, "ab");
  });
}

TEST_P(OffloadOnAny, WhatTheCallThrowsComesBack) {
  in_run([] {
    EXPECT_THROW(coir::offload([] { throw std::out_of_range("far"); }), std::out_of_range);
  });
}

TEST(OffloadOnAPlainThread, WorksOutsideOfAnyRun) {
  EXPECT_EQ(coir::offload([] { return 3; }), 3);
}

TEST_P(OffloadOn, OtherTasksRunMeanwhile) {
  in_run([] {
    std::latch other_ran(1);
    auto other = coir::spawn([&] { other_ran.count_down(); });
    coir::offload([&] { other_ran.wait(); });
    other.get();
  });
}

TEST_P(OffloadOn, NoMoreCallsRunAtOnceThanTheRunAllows) {
  coir::run({.model = GetParam(), .offload_threads = 2}, [] {
    std::atomic<int> running{0};
    std::atomic<int> most{0};
    coir::group([&](coir::task_group& g) {
      for (int i = 0; i < 8; ++i)
        g.spawn([&] {
          coir::offload([&] {
            int const now = ++running;
            for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
            }
            linger();
            --running;
          });
        });
    });
    EXPECT_LE(most, 2);
    EXPECT_GE(most, 1);
  });
}

coir::task_local<int> request(0);

TEST_P(OffloadOnAny, TheCallSeesItsCallersTaskLocalsAndKeepsItsOwn) {
  in_run([] {
    request.set(7);
    coir::offload([] {
      EXPECT_EQ(request.get(), 7);
      request.set(8);
    });
    EXPECT_EQ(request.get(), 7);
  });
}

// --- Cancelling (C2) ---

TEST_P(OffloadOnAny, THR_05_ACallOfACancelledCallerNeverBegins) {
  in_run([] {
    bool begun = false;
    coir::cancel_scope scope;
    scope.cancel();
    EXPECT_FALSE(scope.run([&] { coir::offload([&] { begun = true; }); }));
    EXPECT_FALSE(begun);
  });
}

TEST_P(OffloadOn, THR_05_ACancelWhileTheCallWaitsForItsTurnIsDeliveredAtOnce) {
  coir::run({.model = GetParam(), .offload_threads = 1}, [] {
    std::latch go(1);
    std::latch occupied(1);
    auto first = coir::spawn([&] {
      coir::offload([&] {
        occupied.count_down();
        go.wait();
      });
    });
    await_parked(first);
    occupied.wait();
    bool begun = false;
    auto second = coir::spawn([&] { coir::offload([&] { begun = true; }); });
    await_parked(second);
    second.cancel();
    second.join();  // while the first still is at it
    EXPECT_TRUE(second.cancelled());
    go.count_down();
    first.get();
    EXPECT_FALSE(begun);
  });
}

TEST_P(OffloadOn, THR_05_ACancelWaitsForTheCallWhichHasThenCompleted) {
  in_run([] {
    std::latch go(1);
    std::atomic<bool> call_ended{false};
    bool came_back = false;
    auto task = coir::spawn([&] {
      coir::offload([&] {
        go.wait();
        call_ended = true;
      });
      EXPECT_TRUE(call_ended);
      came_back = true;  // C4: the call has taken effect, so the cancel comes later
      EXPECT_THROW(coir::yield(), coir::cancelled);
    });
    await_parked(task);
    task.cancel();
    for (int i = 0; i < 10; ++i) coir::yield();
    EXPECT_FALSE(task.done());
    go.count_down();
    task.join();
    EXPECT_TRUE(came_back);
  });
}

TEST_P(OffloadOn, TheCallSeesTheCancelAtACheckpoint) {
  in_run([] {
    auto task = coir::spawn([] {
      coir::offload([] {
        for (;;) coir::this_task::checkpoint();
      });
    });
    await_parked(task);
    task.cancel("enough");
    try {
      task.get();
      FAIL();
    } catch (coir::cancelled const& e) {
      EXPECT_EQ(e.reason().text(), "enough");
    }
  });
}

TEST_P(OffloadOn, TheCancelEndsTheCallsOwnWaits) {
  in_run([] {
    coir::event never_set;
    auto task = coir::spawn([&] { coir::offload([&] { never_set.wait(); }); });
    await_parked(task);
    task.cancel();
    task.join();
    EXPECT_TRUE(task.cancelled());
  });
}

TEST_P(OffloadOnAny, ATimeoutReachesTheCall) {
  in_run([] {
    EXPECT_THROW(coir::timeout(1ms,
                               [] {
                                 coir::offload([] {
                                   for (;;) coir::this_task::checkpoint();
                                 });
                               }),
                 coir::timeout_error);
    EXPECT_EQ(coir::offload([] { return 1; }), 1);  // nothing of it is left
  });
}

TEST_P(OffloadOnAny, AnInnerRunOfTheCallIsCancelledToo) {
  in_run([] {
    EXPECT_FALSE(coir::move_on_after(
        1ms, [] { coir::offload([] { coir::run([] { coir::event().wait(); }); }); }));
  });
}

// C6
TEST_P(OffloadOnAny, ACallInACleanupIsNotDisturbedByTheCancelThatIsUnwinding) {
  in_run([] {
    bool cleaned = false;
    struct cleanup {
      bool& cleaned;
      ~cleanup() {
        coir::offload([&] {
          coir::this_task::checkpoint();
          cleaned = true;
        });
      }
    };
    coir::cancel_scope scope;
    EXPECT_FALSE(scope.run([&] {
      cleanup const at_end{cleaned};
      scope.cancel();
      coir::yield();
    }));
    EXPECT_TRUE(cleaned);
  });
}

// Q3
TEST_P(OffloadOnAny, ALockThatTheCallLeavesLockedIsBroken) {
  in_run([] {
    coir::mutex mutex;
    coir::offload([&] { mutex.lock(); });
    EXPECT_THROW(mutex.lock(), coir::broken_lock);
  });
}

// S5
TEST_F(OffloadInVirtualTime, TimeDoesNotJumpWhileACallIsOut) {
  in_run([&] {
    bool woken = false;
    auto sleeper = coir::spawn([&] {
      coir::sleep_for(1h);
      woken = true;
    });
    coir::offload([] { linger(); });
    EXPECT_FALSE(woken);
    EXPECT_EQ(elapsed(), 0ns);
    sleeper.get();
    EXPECT_EQ(elapsed(), 1h);
  });
}

TEST_P(OffloadOnAny, ThreadsAreUsedAgain) {
  in_run([] {
    auto const thread = [] { return std::this_thread::get_id(); };
    // A thread is idle again only a moment after its call has ended: then another one serves.
    auto const first = coir::offload(thread);
    while (coir::offload(thread) != first) {
    }
  });
}

TEST(OffloadAfterFork, THR_11_AChildDoesNotCountOnItsParentsThreads) {
#if COIR_TSAN
  GTEST_SKIP() << "TSan knows no threads after fork()";
#endif
  auto const thread = [] { return std::this_thread::get_id(); };
  while (coir::offload(thread) != coir::offload(thread)) {
  }
  linger();  // the parent's thread is idle now
  EXPECT_EXIT(::_exit(coir::offload([] { return 42; })), ::testing::ExitedWithCode(42), "");
}

}  // namespace
}  // namespace contract
