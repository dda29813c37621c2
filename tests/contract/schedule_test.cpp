// SPDX-License-Identifier: BSL-1.0
/// How fibers take turns: in order, in bounded rounds, and nobody starves.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

#include "contract/models.hpp"

namespace contract {
namespace {

using ScheduleInVirtualTime = virtual_run;

// S2
TEST(ScheduleOnFibers, ReadyTasksRunInTheOrderTheyBecameReady) {
  coir::run([] {
    std::vector<int> order;
    coir::group([&](coir::task_group& g) {
      for (int i = 0; i < 4; ++i)
        g.spawn([&, i] {
          order.push_back(i);
          coir::yield();
          order.push_back(10 + i);
        });
      EXPECT_TRUE(order.empty());  // a task first runs when its maker suspends
    });
    EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 10, 11, 12, 13}));
  });
}

// S2
TEST(ScheduleOnFibers, WokenTasksRunInTheOrderTheyWereWoken) {
  coir::run([] {
    std::vector<int> order;
    std::vector<coir::event> events(3);
    coir::group([&](coir::task_group& g) {
      for (std::size_t i = 0; i < events.size(); ++i)
        await_parked(g.spawn([&, i] {
          events[i].wait();
          order.push_back(static_cast<int>(i));
        }));
      events[2].set();
      events[0].set();
      events[1].set();
      EXPECT_TRUE(order.empty());  // waking somebody does not run him
    });
    EXPECT_EQ(order, (std::vector{2, 0, 1}));
  });
}

// S1
TEST(ScheduleOnFibers, BetweenTwoSuspensionPointsATaskNeedsNoLock) {
  coir::run([] {
    int shared = 0;
    coir::group([&](coir::task_group& g) {
      for (int i = 0; i < 10; ++i)
        g.spawn([&] {
          for (int k = 0; k < 100; ++k) {
            int const seen = shared;
            coir::now();
            shared = seen + 1;
            coir::yield();
          }
        });
    });
    EXPECT_EQ(shared, 1000);
  });
}

// S2
TEST(ScheduleOnFibers, ALoopOfYieldsDoesNotStarveATimer) {
  coir::run([] {
    bool fired = false;
    auto sleeper = coir::spawn([&] {
      coir::sleep_for(1ms);
      fired = true;
    });
    while (!fired) coir::yield();
    sleeper.get();
  });
}

// S2
TEST(ScheduleOnFibers, TwoTasksThatWakeEachOtherDoNotStarveATimer) {
  coir::run([] {
    coir::queue<int> there;
    coir::queue<int> back;
    auto echo = coir::spawn([&] {
      for (int const item : there) back.put(item);
    });
    bool fired = false;
    auto sleeper = coir::spawn([&] {
      coir::sleep_for(1ms);
      fired = true;
    });
    while (!fired) {
      there.put(1);
      back.get();
    }
    there.shutdown();
    echo.get();
    sleeper.get();
  });
}

// S2: the time is looked at within a round too; so who has slept long enough while it went on is before
// those who have had their turn after that
TEST(ScheduleOnFibers, ARoundOfManyTasksDoesNotStarveATimer) {
  coir::run([] {
    int second_turns = 0;
    int second_turns_before_the_timer = 0;
    auto const work = [] {
      auto const begun = std::chrono::steady_clock::now();
      while (std::chrono::steady_clock::now() - begun < 20us) {
      }
    };
    coir::group([&](coir::task_group& g) {
      await_parked(g.spawn([&] {
        coir::sleep_for(1ms);
        second_turns_before_the_timer = second_turns;
      }));
      for (int i = 0; i < 1000; ++i)
        g.spawn([&] {
          work();
          coir::yield();
          ++second_turns;
        });
    });
    EXPECT_LT(second_turns_before_the_timer, 1000);
  });
}

// A task that has begun on an ended one's stack, without a switch, is not begun again
TEST(ScheduleOnFibers, WhoTakesOverAStackKeepsItWhenItYieldsAlone) {
  coir::run([] {
    std::size_t before = 0;
    std::size_t after = 0;
    auto const first = coir::spawn([] {});
    auto const second = coir::spawn([&] {
      before = coir::statistics().stacks;
      coir::yield();
      after = coir::statistics().stacks;
    });
    second.join();
    EXPECT_EQ(after, before);
  });
}

// S4
TEST(ScheduleOnFibers, ALoopThatNeverHasToWaitGivesUpItsTurnAfter256Operations) {
  coir::run([] {
    coir::event set;
    set.set();
    bool other_ran = false;
    coir::yield();  // a turn begins here
    auto other = coir::spawn([&] { other_ran = true; });
    int operations = 0;
    while (!other_ran && operations < 100000) {
      set.wait();
      ++operations;
    }
    EXPECT_LE(operations, 256);
    EXPECT_GE(operations, 250);
    other.get();
  });
}

// S4
TEST(ScheduleOnFibers, APutterIntoAQueueWithoutABoundDoesNotStarveItsGetter) {
  coir::run([] {
    coir::queue<int> q;
    int got = 0;
    auto getter = coir::spawn([&] {
      for (int const item : q) got += item;
    });
    std::size_t longest = 0;
    for (int i = 0; i < 5000; ++i) {
      q.put(1);
      longest = std::max(longest, q.size());
    }
    EXPECT_LE(longest, 512u);
    q.shutdown();
    getter.get();
    EXPECT_EQ(got, 5000);
  });
}

// S4: what does not wait does not switch
TEST(ScheduleOnFibers, AnOperationThatNeedNotWaitDoesNotSwitch) {
  coir::run([] {
    coir::queue<int> q;
    coir::mutex mutex;
    coir::semaphore semaphore(1);
    coir::yield();
    bool other_ran = false;
    auto other = coir::spawn([&] { other_ran = true; });
    q.put(1);
    q.get();
    mutex.lock();
    mutex.unlock();
    semaphore.acquire();
    semaphore.release();
    coir::this_task::checkpoint();
    EXPECT_FALSE(other_ran);
    other.get();
  });
}

// S5: time stands still while somebody can run
TEST_F(ScheduleInVirtualTime, TimeStandsStillWhileATaskCanRun) {
  in_run([&] {
    auto sleeper = coir::spawn([] { coir::sleep_for(1ns); });
    for (int i = 0; i < 1000; ++i) coir::yield();
    EXPECT_EQ(elapsed(), 0ns);
    EXPECT_FALSE(sleeper.done());
    sleeper.get();
    EXPECT_EQ(elapsed(), 1ns);
  });
}

// S5: timers fire in order of their deadlines
TEST_F(ScheduleInVirtualTime, SleepersWakeInOrderOfTheirDeadlines) {
  in_run([&] {
    std::vector<int> order;
    coir::group([&](coir::task_group& g) {
      for (int const hours : {5, 1, 4, 2, 3})
        g.spawn([&, hours] {
          coir::sleep_for(std::chrono::hours(hours));
          EXPECT_EQ(elapsed(), std::chrono::hours(hours));
          order.push_back(hours);
        });
    });
    EXPECT_EQ(order, (std::vector{1, 2, 3, 4, 5}));
  });
}

// S5, T3: also when both are late, and whoever has begun to sleep first
TEST_F(ScheduleInVirtualTime, RUN_09_OfTwoDeadlinesThatHaveGoneByTheEarlierIsServedFirst) {
  in_run([&] {
    std::vector<int> order;
    coir::group([&](coir::task_group& g) {
      for (int const hours : {3, 1, 2})
        await_parked(g.spawn([&, hours] {
          coir::sleep_for(std::chrono::hours(hours));
          order.push_back(hours);
        }));
      clock.advance_to(begin + 24h);
    });
    EXPECT_EQ(order, (std::vector{1, 2, 3}));
  });
}

}  // namespace
}  // namespace contract
