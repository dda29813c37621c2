// SPDX-License-Identifier: BSL-1.0
/// A queue that processes share: order, waiting, timeouts, cancels, and what a death leaves.

#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include <sched.h>

#include <gtest/gtest.h>

#include <coir/cancel/cancel_scope.hpp>
#include <coir/model/model.hpp>
#include <coir/queue/queue.hpp>
#include <coir/shared/shared_queue.hpp>
#include <coir/task/sleep.hpp>
#include <coir/task/spawn.hpp>
#include <coir/task/timeout.hpp>

#include "shared/child.hpp"
#include "shared/steps.hpp"

#if COIR_TSAN
char const* __tsan_default_options() { return "die_after_fork=0"; }
#endif

namespace {

using namespace std::chrono_literals;
using coir::detail::step;
using numbers = coir::shared<coir::queue<std::int64_t>>;

void wait_for(auto&& condition) {
  while (!condition()) std::this_thread::yield();
}

TEST(SharedQueueTest, ItemsCrossInOrder) {
  numbers const queue(4);
  child producer([&] {
    for (std::int64_t i = 0; i < 10'000; ++i) queue.put(i);
    queue.shutdown();
  });
  std::int64_t expected = 0;
  for (std::int64_t const item : queue) ASSERT_EQ(item, expected++);
  EXPECT_EQ(expected, 10'000);
  EXPECT_EQ(producer.wait(), 0);
}

TEST(SharedQueueTest, GoesThereAndBack) {
  numbers const there(1), back(1);
  child echo([&] {
    for (std::int64_t const item : there) back.put(item + 1);
  });
  for (std::int64_t i = 0; i < 2'000; ++i) {
    there.put(i);
    ASSERT_EQ(back.get(), i + 1);
  }
  there.shutdown();
  EXPECT_EQ(echo.wait(), 0);
}

// So each side has to let the other run.
TEST(SharedQueueTest, GoesThereAndBackOnOneProcessor) {
  numbers const there(1), back(1);
  EXPECT_EQ(back.try_get(), std::nullopt);  // the thread that begins with that has all processors
  cpu_set_t before, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  child echo([&] {
    for (std::int64_t const item : there) back.put(item + 1);
  });
  for (std::int64_t i = 0; i < 500; ++i) {
    there.put(i);
    ASSERT_EQ(back.get(), i + 1);
  }
  there.shutdown();
  EXPECT_EQ(echo.wait(), 0);
  EXPECT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
}

TEST(SharedQueueTest, GetTimesOutAndLosesNothing) {
  numbers const queue(4);
  EXPECT_EQ(queue.get_for(0s), std::nullopt);
  EXPECT_EQ(queue.get_for(1ms), std::nullopt);
  EXPECT_EQ(queue.try_get(), std::nullopt);
  queue.put(7);
  EXPECT_EQ(queue.get_for(1h), 7);
}

TEST(SharedQueueTest, PutTimesOutAndPutsNothing) {
  numbers const queue(1);
  EXPECT_TRUE(queue.try_put(1));
  EXPECT_FALSE(queue.try_put(2));
  EXPECT_FALSE(queue.put_for(2, 0s));
  EXPECT_FALSE(queue.put_for(2, 1ms));
  EXPECT_EQ(queue.size(), 1U);
  EXPECT_EQ(queue.get(), 1);
  EXPECT_EQ(queue.try_get(), std::nullopt);
}

TEST(SharedQueueTest, ShutdownWakesWhoWaitsInOtherProcesses) {
  numbers const queue(1), full(1);
  full.put(1);
  child getter([&] {
    EXPECT_THROW(queue.get(), coir::queue_shut_down);
    return !testing::Test::HasFailure();
  });
  child putter([&] {
    EXPECT_THROW(full.put(2), coir::queue_shut_down);
    return !testing::Test::HasFailure();
  });
  wait_for([&] { return queue.statistics().waiting_getters == 1; });
  wait_for([&] { return full.statistics().waiting_putters == 1; });
  queue.shutdown();
  full.shutdown();
  EXPECT_EQ(getter.wait(), 0);
  EXPECT_EQ(putter.wait(), 0);
  EXPECT_EQ(full.get(), 1);
  EXPECT_THROW(full.get(), coir::queue_shut_down);
  EXPECT_THROW((void)full.try_get(), coir::queue_shut_down);
  EXPECT_THROW((void)full.try_put(1), coir::queue_shut_down);
}

TEST(SharedQueueTest, JoinWaitsForOtherProcesses) {
  numbers const queue(4);
  queue.put(1);
  queue.put(2);
  child worker([&] {
    wait_for([&] { return queue.statistics().waiting_joiners == 1; });
    for (int i = 0; i < 2; ++i) {
      (void)queue.get();
      queue.task_done();
    }
  });
  queue.join();
  EXPECT_EQ(queue.statistics().unfinished, 0U);
  EXPECT_THROW(queue.task_done(), std::logic_error);
  EXPECT_EQ(worker.wait(), 0);
}

TEST(SharedQueueTest, ImmediateShutdownDropsWhatIsQueued) {
  numbers const queue(4);
  queue.put(1);
  queue.put(2);
  queue.shutdown(true);
  queue.join();
  EXPECT_THROW(queue.get(), coir::queue_shut_down);
}

TEST(SharedQueueTest, FiberThatWaitsLetsOthersRun) {
  numbers const queue(1);
  child producer([&] {
    wait_for([&] { return queue.statistics().waiting_getters == 1; });
    queue.put(5);
  });
  int turns = 0;
  coir::run([&] {
    auto got = coir::spawn([&] { return queue.get(); });
    while (!got.done()) {
      ++turns;
      coir::yield();
    }
    EXPECT_EQ(got.get(), 5);
  });
  EXPECT_GT(turns, 0);
  EXPECT_EQ(producer.wait(), 0);
}

TEST(SharedQueueTest, CancelEndsWaitOfFiberAndThread) {
  numbers const queue(1);
  for (coir::model const model : {coir::model::fibers, coir::model::threads}) {
    coir::run({.model = model}, [&] {
      auto waiting = coir::spawn([&] { return queue.get(); });
      wait_for([&] {
        coir::yield();
        return queue.statistics().waiting_getters == 1;
      });
      waiting.cancel();
      waiting.join();
      EXPECT_TRUE(waiting.cancelled());
      EXPECT_THROW(coir::timeout(1ms, [&] { return queue.get(); }), coir::timeout_error);
      queue.put(1);
      EXPECT_EQ(queue.try_get(), 1);
    });
  }
}

TEST(SharedQueueTest, WaitersAreServedInTurn) {
  numbers const queue(4);
  coir::run([&] {
    std::vector<coir::task<std::int64_t>> waiting;
    for (std::size_t i = 0; i < 40; ++i) {
      waiting.push_back(coir::spawn([&] { return queue.get(); }));
      wait_for([&] {
        coir::yield();
        return queue.statistics().waiting_getters == i + 1;
      });
    }
    for (std::int64_t i = 0; i < 40; ++i) queue.put(i);
    for (std::int64_t i = 0; i < 40; ++i) EXPECT_EQ(waiting[static_cast<std::size_t>(i)].get(), i);
  });
}

// ---- deaths --------------------------------------------------------------------------------------

step fatal_step;
void die_there(step at) {
  if (at == fatal_step) ::kill(::getpid(), SIGKILL);
}
void die_at(step at) {
  fatal_step = at;
  coir::detail::step_hook.store(&die_there);
}

class SharedQueueDeathTest : public testing::TestWithParam<int> {
 protected:
  step const at = static_cast<step>(GetParam());
};

TEST_P(SharedQueueDeathTest, ItemOfDeadGetterGoesBackToTheHead) {
  numbers const queue(4);
  child victim([&] {
    for (std::int64_t i = 1; i <= 3; ++i) queue.put(i);
    die_at(at);
    (void)queue.get();
    ::_exit(0);
  });
  bool const died = victim.wait() != 0;
  if (!died) {  // it has no such step
    EXPECT_EQ(queue.get(), 2);
    return;
  }
  for (std::int64_t i = 1; i <= 3; ++i) EXPECT_EQ(queue.get_for(10s), i);
  EXPECT_EQ(queue.try_get(), std::nullopt);
}

TEST_P(SharedQueueDeathTest, PutOfDeadProcessCountsOrDoesNot) {
  numbers const queue(4);
  child victim([&] {
    queue.put(1);
    die_at(at);
    queue.put(2);
    ::_exit(0);
  });
  (void)victim.wait();
  EXPECT_EQ(queue.get_for(10s), 1);
  auto const second = queue.get_for(1ms);
  EXPECT_TRUE(second == std::nullopt || second == 2);
  queue.put(3);
  EXPECT_EQ(queue.get_for(10s), 3);
}

TEST_P(SharedQueueDeathTest, WaitingGetterGetsWhatADeadOneWasHanded) {
  numbers const queue(4);
  child victim([&] {
    die_at(at);
    (void)queue.get();
    ::_exit(0);
  });
  wait_for([&] { return queue.statistics().waiting_getters == 1 || victim.has_ended(); });
  queue.put(1);
  bool const died = victim.wait() != 0;
  auto const item = queue.get_for(died ? 10s : 0s);
  EXPECT_EQ(item, died ? std::optional<std::int64_t>(1) : std::nullopt);
}

TEST_P(SharedQueueDeathTest, WhoWaitsIsWokenThoughHisWakerDies) {
  numbers const queue(4);
  child waiter([&] { return queue.get() != 0; });
  wait_for([&] { return queue.statistics().waiting_getters == 1; });
  child victim([&] {
    die_at(at);
    queue.put(1);
    ::_exit(0);
  });
  (void)victim.wait();
  queue.put(2);
  EXPECT_EQ(waiter.wait(), 0);
}

TEST(SharedQueueTest, FiberIsWokenThoughHisWakerDiesBeforeItRings) {
  numbers const queue(4);
  child victim([&] {
    wait_for([&] { return queue.statistics().waiting_getters == 1; });
    die_at(step::rung);
    queue.put(1);
  });
  EXPECT_EQ(coir::run([&] { return queue.get(); }), 1);
  EXPECT_EQ(victim.wait(), 128 + SIGKILL);
}

INSTANTIATE_TEST_SUITE_P(EachStep, SharedQueueDeathTest,
                         testing::Range(0, static_cast<int>(step::buried) + 1));

}  // namespace
