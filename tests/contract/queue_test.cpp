// SPDX-License-Identifier: BSL-1.0
/// Queues on every model: order, hand-off, room and timed forms.

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "contract/models.hpp"
#include "contract/queue_kinds.hpp"

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
    on_each_fifo<int>(0, [](auto q) {
      for (int i = 0; i < 5; ++i) q.put(i);
      EXPECT_EQ(q.size(), 5u);
      for (int i = 0; i < 5; ++i) EXPECT_EQ(q.get(), i);
      EXPECT_TRUE(q.empty());
    });
  });
}

// Q1
TEST_P(QueueOnAny, CopiesShareOneQueue) {
  in_run([] {
    on_each_fifo<int>(3, [](auto q) {
      auto copy = q;
      copy.put(7);
      EXPECT_EQ(q.try_get(), 7);
      EXPECT_EQ(copy.capacity(), 3u);
    });
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
  in_run([] { on_each_fifo<int>(0, [](auto q) { EXPECT_EQ(q.try_get(), std::nullopt); }); });
}

// Q4, T2
TEST_P(QueueOnAny, TimedFormsWithoutTimeAreOneTry) {
  in_run([] {
    on_each_kind<int>(1, [](auto q) {
      EXPECT_EQ(q.get_for(0s), std::nullopt);
      EXPECT_EQ(q.get_for(-1s), std::nullopt);
      bool const has_room = q.capacity() == 1;  // a rendezvous has none
      EXPECT_EQ(q.put_for(1, 0s), has_room);
      EXPECT_FALSE(q.put_for(2, 0s));
      EXPECT_FALSE(q.put_for(2, -1s));
      EXPECT_EQ(q.get_for(0s), has_room ? std::optional(1) : std::nullopt);
      EXPECT_EQ(q.size(), 0u);
    });
  });
}

// Q4
TEST_P(QueueOnAny, TimedFormsGiveUpAfterTheirTime) {
  in_run([] {
    on_each_fifo<int>(1, [](auto q) {
      auto const start = coir::now();
      EXPECT_EQ(q.get_for(2ms), std::nullopt);
      EXPECT_GE(coir::now() - start, 2ms);
      q.put(1);
      EXPECT_FALSE(q.put_for(2, 2ms));
      EXPECT_GE(coir::now() - start, 4ms);
      EXPECT_EQ(q.size(), 1u);
    });
  });
}

// Q2: range-for ends with the queue
TEST_P(QueueOnAny, RangeForGetsUntilShutdown) {
  in_run([] {
    on_each_fifo<int>(0, [](auto q) {
      for (int i = 0; i < 3; ++i) q.put(i);
      q.shutdown();
      std::vector<int> seen;
      for (int& item : q) seen.push_back(item);
      EXPECT_EQ(seen, (std::vector{0, 1, 2}));
    });
  });
}

// Q1
TEST_P(QueueOn, HandsAnItemToTheOldestGetter) {
  in_run([] {
    on_each_fifo<int>(0, [](auto q) {
      auto first = coir::spawn([&] { return q.get(); });
      await_parked(first);
      auto second = coir::spawn([&] { return q.get(); });
      await_parked(second);
      q.put(1);
      q.put(2);
      EXPECT_EQ(first.get(), 1);
      EXPECT_EQ(second.get(), 2);
    });
  });
}

// Q1
TEST_P(QueueOn, QUE_10_TryGetDoesNotStealAnItemHandedToAWaiter) {
  in_run([] {
    on_each_kind<int>(0, [](auto q) {
      auto getter = coir::spawn([&] { return q.get(); });
      await_parked(getter);
      q.put(1);
      EXPECT_EQ(q.try_get(), std::nullopt);
      EXPECT_EQ(q.get_for(0s), std::nullopt);
      EXPECT_EQ(q.size(), 0u);
      EXPECT_EQ(getter.get(), 1);
    });
  });
}

// Q1
TEST_P(QueueOn, RoomGoesToTheOldestPutter) {
  in_run([] {
    on_each_fifo<int>(1, [](auto q) {
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

// Q1: also where that would be no more than bytes
TEST_P(QueueOnAny, CarriesBytesThatCanOnlyBeMoved) {
  struct ticket {
    explicit ticket(int number_) : number(number_) {}
    ticket(ticket&&) = default;
    ticket& operator=(ticket&&) = default;
    ticket(ticket const&) = delete;
    ticket& operator=(ticket const&) = delete;
    int number;
  };
  static_assert(std::is_trivially_copyable_v<ticket>);
  in_run([] {
    coir::queue<ticket> q(2);
    q.put(ticket(5));
    EXPECT_TRUE(q.try_put(ticket(6)));
    EXPECT_EQ(q.get().number, 5);
    EXPECT_EQ(q.get_for(1h)->number, 6);
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

}  // namespace
}  // namespace contract
