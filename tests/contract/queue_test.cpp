// SPDX-License-Identifier: BSL-1.0
/// Queues on every model: order, hand-off, and nothing lost.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contract/models.hpp"

namespace contract {
namespace {

class QueueOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueOnAny, all_models, model_name);

class QueueOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueOn, concurrent_models, model_name);

using QueueInVirtualTime = virtual_run;

// Q1
TEST_P(QueueOnAny, ItemsComeOutInTheOrderTheyWentIn) {
  in_run([] {
    coir::queue<int> q;
    for (int i = 0; i < 5; ++i) q.put(i);
    EXPECT_EQ(q.size(), 5u);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(q.get(), i);
    EXPECT_TRUE(q.empty());
  });
}

// Q1
TEST_P(QueueOnAny, CopiesShareOneQueue) {
  in_run([] {
    coir::queue<int> q(3);
    coir::queue<int> copy = q;
    copy.put(7);
    EXPECT_EQ(q.try_get(), 7);
    EXPECT_EQ(copy.capacity(), 3u);
  });
}

// Q2: capacity 0 means unbounded
TEST_P(QueueOnAny, CapacityZeroMeansUnbounded) {
  in_run([] {
    coir::queue<int> q;
    for (int i = 0; i < 10000; ++i) ASSERT_TRUE(q.try_put(i));
    EXPECT_EQ(q.size(), 10000u);
  });
}

// Q2
TEST_P(QueueOnAny, TryPutIntoAFullQueueLeavesTheItem) {
  in_run([] {
    coir::queue<std::unique_ptr<int>> q(1);
    EXPECT_TRUE(q.try_put(std::make_unique<int>(1)));
    auto second = std::make_unique<int>(2);
    EXPECT_FALSE(q.try_put(std::move(second)));
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(*second, 2);
    EXPECT_EQ(*q.get(), 1);
  });
}

// Q4
TEST_P(QueueOnAny, TryGetFromAnEmptyQueueIsNothing) {
  in_run([] {
    coir::queue<int> q;
    EXPECT_EQ(q.try_get(), std::nullopt);
  });
}

// Q4, T2
TEST_P(QueueOnAny, TimedFormsWithoutTimeAreOneTry) {
  in_run([] {
    coir::queue<int> q(1);
    EXPECT_EQ(q.get_for(0s), std::nullopt);
    EXPECT_EQ(q.get_for(-1s), std::nullopt);
    EXPECT_TRUE(q.put_for(1, 0s));
    EXPECT_FALSE(q.put_for(2, 0s));
    EXPECT_FALSE(q.put_for(2, -1s));
    EXPECT_EQ(q.get_for(0s), 1);
    EXPECT_EQ(q.size(), 0u);
  });
}

// Q4
TEST_P(QueueOnAny, TimedFormsGiveUpAfterTheirTime) {
  in_run([] {
    coir::queue<int> q(1);
    auto const start = coir::now();
    EXPECT_EQ(q.get_for(2ms), std::nullopt);
    EXPECT_GE(coir::now() - start, 2ms);
    q.put(1);
    EXPECT_FALSE(q.put_for(2, 2ms));
    EXPECT_GE(coir::now() - start, 4ms);
    EXPECT_EQ(q.size(), 1u);
  });
}

// Q4: a timed put that gives up gives the item back
TEST_P(QueueOnAny, ATimedPutThatGivesUpLeavesTheItem) {
  in_run([] {
    coir::queue<std::unique_ptr<int>> q(1);
    q.put(std::make_unique<int>(1));
    auto mine = std::make_unique<int>(2);
    EXPECT_FALSE(q.put_for(std::move(mine), 1ms));
    ASSERT_NE(mine, nullptr);
    EXPECT_EQ(*mine, 2);
  });
}

// Q2
TEST_P(QueueOnAny, ShutdownLetsWhatIsQueuedBeTaken) {
  in_run([] {
    coir::queue<int> q;
    q.put(1);
    q.put(2);
    q.shutdown();
    EXPECT_THROW(q.put(3), coir::queue_shut_down);
    EXPECT_THROW((void)q.try_put(3), coir::queue_shut_down);
    EXPECT_THROW((void)q.put_for(3, 1s), coir::queue_shut_down);
    EXPECT_EQ(q.get(), 1);
    EXPECT_EQ(q.try_get(), 2);
    EXPECT_THROW(q.get(), coir::queue_shut_down);
    EXPECT_THROW((void)q.try_get(), coir::queue_shut_down);
    EXPECT_THROW((void)q.get_for(1s), coir::queue_shut_down);
    q.shutdown();
  });
}

// Q2
TEST_P(QueueOnAny, ImmediateShutdownDropsWhatIsQueuedAndCountsItDone) {
  in_run([] {
    coir::queue<std::shared_ptr<int>> q;
    auto const item = std::make_shared<int>(1);
    q.put(item);
    q.put(item);
    q.shutdown(true);
    EXPECT_EQ(item.use_count(), 1);
    EXPECT_EQ(q.size(), 0u);
    EXPECT_THROW(q.get(), coir::queue_shut_down);
    q.join();  // nothing is unfinished
    EXPECT_THROW(q.task_done(), std::logic_error);
  });
}

// Q3
TEST_P(QueueOnAny, TaskDoneOnceTooOftenIsALogicErrorAndCorruptsNothing) {
  in_run([] {
    coir::queue<int> q;
    EXPECT_THROW(q.task_done(), std::logic_error);
    q.put(1);
    EXPECT_EQ(q.get(), 1);
    q.task_done();
    EXPECT_THROW(q.task_done(), std::logic_error);
    q.join();
    q.put(2);
    EXPECT_EQ(q.get(), 2);
    q.task_done();
    q.join();
  });
}

// Q2: range-for ends with the queue
TEST_P(QueueOnAny, RangeForGetsUntilShutdown) {
  in_run([] {
    coir::queue<int> q;
    for (int i = 0; i < 3; ++i) q.put(i);
    q.shutdown();
    std::vector<int> seen;
    for (int& item : q) seen.push_back(item);
    EXPECT_EQ(seen, (std::vector{0, 1, 2}));
  });
}

struct throws_when_moved {
  explicit throws_when_moved(int number_) : number(number_) {}
  throws_when_moved(throws_when_moved&& other) : number(other.number) {
    if (armed) throw std::runtime_error("cannot move");
  }
  throws_when_moved& operator=(throws_when_moved&&) = default;
  int number;
  static inline bool armed = false;
};

// C5
TEST_P(QueueOnAny, AnItemWhoseMoveThrowsGoesBackToTheHead) {
  in_run([] {
    coir::queue<throws_when_moved> q;
    q.put(throws_when_moved(1));
    q.put(throws_when_moved(2));
    throws_when_moved::armed = true;
    EXPECT_THROW(q.get(), std::runtime_error);
    EXPECT_THROW((void)q.try_get(), std::runtime_error);
    throws_when_moved::armed = false;
    EXPECT_EQ(q.size(), 2u);
    EXPECT_EQ(q.get().number, 1);
    EXPECT_EQ(q.get().number, 2);
  });
}

// C4: an item that cannot be moved in was not put
TEST_P(QueueOnAny, AnItemThatCannotBeMovedInWasNotPut) {
  in_run([] {
    coir::queue<throws_when_moved> q;
    throws_when_moved item(1);
    throws_when_moved::armed = true;
    EXPECT_THROW((void)q.try_put(std::move(item)), std::runtime_error);
    throws_when_moved::armed = false;
    EXPECT_EQ(q.size(), 0u);
    q.join();
  });
}

// S4: blocking functions look for a cancel first
TEST_P(QueueOnAny, ACancelledScopeStopsGetAndPutThatNeedNotWait) {
  in_run([] {
    coir::queue<int> q;
    q.put(1);
    coir::cancel_scope scope;
    scope.cancel();
    EXPECT_FALSE(scope.run([&] {
      EXPECT_THROW(q.get(), coir::cancelled);
      EXPECT_THROW(q.put(2), coir::cancelled);
      q.get();
    }));
    EXPECT_EQ(q.size(), 1u);
    EXPECT_EQ(q.get(), 1);
  });
}

// Q1
TEST_P(QueueOn, HandsAnItemToTheOldestGetter) {
  in_run([] {
    coir::queue<int> q;
    auto first = coir::spawn([&] { return q.get(); });
    await_parked(first);
    auto second = coir::spawn([&] { return q.get(); });
    await_parked(second);
    q.put(1);
    q.put(2);
    EXPECT_EQ(first.get(), 1);
    EXPECT_EQ(second.get(), 2);
  });
}

// Q1
TEST_P(QueueOn, TryGetDoesNotStealAnItemHandedToAWaiter) {
  in_run([] {
    coir::queue<int> q;
    auto getter = coir::spawn([&] { return q.get(); });
    await_parked(getter);
    q.put(1);
    EXPECT_EQ(q.try_get(), std::nullopt);
    EXPECT_EQ(q.size(), 0u);
    EXPECT_EQ(getter.get(), 1);
  });
}

// Q1
TEST_P(QueueOn, RoomGoesToTheOldestPutter) {
  in_run([] {
    coir::queue<int> q(1);
    q.put(0);
    auto first = coir::spawn([&] { q.put(1); });
    await_parked(first);
    auto second = coir::spawn([&] { q.put(2); });
    await_parked(second);
    EXPECT_EQ(q.get(), 0);
    EXPECT_FALSE(q.try_put(9));  // the room is taken
    for (int i = 1; i <= 2; ++i) EXPECT_EQ(q.get(), i);
    first.get();
    second.get();
  });
}

// C4
TEST_P(QueueOn, CancellingAWaitingGetterLosesNothing) {
  in_run([] {
    coir::queue<int> q;
    auto first = coir::spawn([&] { return q.get(); });
    await_parked(first);
    auto second = coir::spawn([&] { return q.get(); });
    await_parked(second);
    EXPECT_TRUE(first.cancel());
    q.put(1);
    EXPECT_EQ(second.get(), 1);
    EXPECT_THROW(first.get(), coir::cancelled);
    EXPECT_EQ(q.size(), 0u);
  });
}

// C4
TEST_P(QueueOn, CancellingAWaitingPutterPutsNothing) {
  in_run([] {
    coir::queue<int> q(1);
    q.put(1);
    auto putter = coir::spawn([&] { q.put(2); });
    await_parked(putter);
    EXPECT_TRUE(putter.cancel());
    EXPECT_THROW(putter.get(), coir::cancelled);
    EXPECT_EQ(q.get(), 1);
    EXPECT_EQ(q.try_get(), std::nullopt);
    q.task_done();
    q.join();
  });
}

// C4: put either completes or throws; a thousand cancels neither lose nor double
TEST_P(QueueOn, UnderManyCancelsEveryItemArrivesOnceOrWasNeverPut) {
  in_run([] {
    coir::queue<int> q(1);
    int put = 0;
    int got = 0;
    auto putter = coir::spawn([&] {
      for (int i = 0; i < 200; ++i)
        if (coir::move_on_after(i % 3 == 0 ? 0us : 20us, [&] { q.put(i); })) ++put;
      q.shutdown();
    });
    auto getter = coir::spawn([&] {
      try {
        for (int last = -1;;) {
          std::optional<int> item;
          coir::move_on_after(15us, [&] { item = q.get(); });
          if (!item) item = q.get_for(5us);
          if (!item) continue;
          EXPECT_LT(last, *item);
          last = *item;
          ++got;
        }
      } catch (coir::queue_shut_down const&) {
      }
    });
    putter.get();
    getter.get();
    EXPECT_EQ(put, got);
  });
}

// Q2
TEST_P(QueueOn, ShutdownWakesEveryWaitingGetter) {
  in_run([] {
    coir::queue<int> q;
    auto first = coir::spawn([&] { return q.get(); });
    auto second = coir::spawn([&] { return q.get_for(1h); });
    await_parked(first);
    await_parked(second);
    q.shutdown();
    EXPECT_THROW(first.get(), coir::queue_shut_down);
    EXPECT_THROW(second.get(), coir::queue_shut_down);
  });
}

// Q2
TEST_P(QueueOn, ShutdownWakesEveryWaitingPutter) {
  in_run([] {
    coir::queue<int> q(1);
    q.put(1);
    auto first = coir::spawn([&] { q.put(2); });
    auto second = coir::spawn([&] { (void)q.put_for(3, 1h); });
    await_parked(first);
    await_parked(second);
    q.shutdown();
    EXPECT_THROW(first.get(), coir::queue_shut_down);
    EXPECT_THROW(second.get(), coir::queue_shut_down);
    EXPECT_EQ(q.get(), 1);
  });
}

// Q2
TEST_P(QueueOn, JoinWaitsForTheLastTaskDone) {
  in_run([] {
    coir::queue<int> q;
    q.put(1);
    q.put(2);
    auto joiner = coir::spawn([&] { q.join(); });
    await_parked(joiner);
    q.get();
    q.task_done();
    q.get();
    EXPECT_FALSE(joiner.done());
    q.task_done();
    joiner.get();
  });
}

// Q2
TEST_P(QueueOn, ImmediateShutdownEndsAJoin) {
  in_run([] {
    coir::queue<int> q;
    q.put(1);
    auto joiner = coir::spawn([&] { q.join(); });
    await_parked(joiner);
    q.shutdown(true);
    joiner.get();
  });
}

// Q1
TEST_P(QueueOn, CarriesWhatCanOnlyBeMoved) {
  in_run([] {
    coir::queue<std::unique_ptr<int>> q;
    auto getter = coir::spawn([&] { return q.get(); });
    await_parked(getter);
    q.put(std::make_unique<int>(5));
    EXPECT_EQ(*std::move(getter).get(), 5);
  });
}

// C5
TEST_P(QueueOn, AHandedItemWhoseMoveThrowsGoesToTheNext) {
  in_run([] {
    coir::queue<throws_when_moved> q;
    auto getter = coir::spawn([&] { q.get(); });
    await_parked(getter);
    q.put(throws_when_moved(1));
    if (GetParam() == coir::model::fibers) {
      throws_when_moved::armed = true;  // the getter has not run yet
      EXPECT_THROW(getter.get(), std::runtime_error);
      throws_when_moved::armed = false;
      EXPECT_EQ(q.get().number, 1);
    } else {
      getter.get();
    }
  });
}

// C4: completion wins
TEST(QueueOnFibers, AGetterCancelledAfterTheHandOffKeepsItsItem) {
  coir::run([] {
    coir::queue<int> q;
    int got = 0;
    bool delivered = false;
    auto getter = coir::spawn([&] {
      got = q.get();
      try {
        coir::this_task::checkpoint();
      } catch (coir::cancelled const&) {
        delivered = true;
        throw;
      }
    });
    await_parked(getter);
    q.put(1);
    getter.cancel();
    getter.join();
    EXPECT_EQ(got, 1);
    EXPECT_TRUE(delivered);
    EXPECT_TRUE(getter.cancelled());
  });
}

// C4: cancelled first, the item goes to the next
TEST(QueueOnFibers, AGetterCancelledBeforeThePutGetsNothing) {
  coir::run([] {
    coir::queue<int> q;
    auto getter = coir::spawn([&] { return q.get(); });
    await_parked(getter);
    getter.cancel();
    q.put(1);
    EXPECT_EQ(q.try_get(), 1);
    EXPECT_THROW(getter.get(), coir::cancelled);
  });
}

// Q4, T2
TEST_F(QueueInVirtualTime, TimedFormsGiveUpExactlyOnTime) {
  in_run([&] {
    coir::queue<int> q(1);
    EXPECT_EQ(q.get_for(3h), std::nullopt);
    EXPECT_EQ(elapsed(), 3h);
    q.put(1);
    EXPECT_FALSE(q.put_for(2, 5min));
    EXPECT_EQ(elapsed(), 3h + 5min);
    EXPECT_FALSE(q.put_until(2, coir::now() + 1s));
    EXPECT_EQ(elapsed(), 3h + 5min + 1s);
  });
}

// T3: what gave up leaves no trace in the queue
TEST_F(QueueInVirtualTime, AGetterThatGaveUpIsPassedOver) {
  in_run([&] {
    coir::queue<int> q;
    auto impatient = coir::spawn([&] { return q.get_for(1s); });
    auto patient = coir::spawn([&] { return q.get(); });
    coir::sleep_for(2s);
    q.put(1);
    EXPECT_EQ(patient.get(), 1);
    EXPECT_EQ(impatient.get(), std::nullopt);
  });
}

}  // namespace
}  // namespace contract
