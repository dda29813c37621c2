// SPDX-License-Identifier: BSL-1.0
/// What tells the kinds of queue apart: order, and a rendezvous' lack of room. What they tell of themselves.

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contract/models.hpp"
#include "contract/queue_kinds.hpp"

namespace contract {
namespace {

class QueueKindsOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueKindsOnAny, all_models, model_name);

class QueueKindsOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueKindsOn, concurrent_models, model_name);

/// All that is queued, in the order it comes out.
template <class Queue>
auto drained(Queue const& q) {
  std::vector<typename Queue::value_type> items;
  while (auto item = q.try_get()) items.push_back(*std::move(item));
  return items;
}

// ---- order -------------------------------------------------------------------------------------

TEST_P(QueueKindsOnAny, QUE_24_ALifoQueueGivesTheNewestFirst) {
  in_run([] {
    coir::lifo_queue<int> q;
    for (int each : {1, 3, 2}) q.put(each);
    EXPECT_EQ(q.get(), 2);
    q.put(4);
    EXPECT_EQ(drained(q), (std::vector{4, 3, 1}));
  });
}

TEST_P(QueueKindsOnAny, QUE_24_APriorityQueueGivesTheSmallestFirst) {
  in_run([] {
    coir::priority_queue<int> q;
    for (int each : {5, 1, 4, 1, 3}) q.put(each);
    EXPECT_EQ(q.get(), 1);
    EXPECT_EQ(q.get(), 1);
    for (int each : {0, 9, 4}) q.put(each);
    EXPECT_EQ(drained(q), (std::vector{0, 3, 4, 4, 5, 9}));
  });
}

using named = std::pair<int, std::string>;
struct by_number {
  bool operator()(named const& a, named const& b) const { return a.first < b.first; }
};

TEST_P(QueueKindsOnAny, QUE_24_EqualItemsOfAPriorityQueueComeOutInTheOrderTheyWentIn) {
  in_run([] {
    coir::priority_queue<named, by_number> q;
    std::vector<named> expected;
    for (int i = 0; i < 50; ++i) {
      q.put({1, std::to_string(i)});
      q.put({0, std::to_string(i)});
    }
    for (int number : {0, 1})
      for (int i = 0; i < 50; ++i) expected.emplace_back(number, std::to_string(i));
    EXPECT_EQ(drained(q), expected);
  });
}

TEST_P(QueueKindsOnAny, QUE_24_APriorityQueueTakesAnyComparison) {
  in_run([] {
    bool upwards = false;
    auto const compare = [&](int a, int b) { return upwards ? a < b : b < a; };
    coir::priority_queue<int, std::function<bool(int, int)>> q(0, compare);
    for (int each : {1, 3, 2}) q.put(each);
    EXPECT_EQ(drained(q), (std::vector{3, 2, 1}));
  });
}

// Q1: putters are served in the order they came; from then on the queue's own order holds
TEST_P(QueueKindsOn, QUE_24_PuttersAreLetInFirstComeFirstServedWhateverTheirItems) {
  in_run([] {
    coir::priority_queue<int> q(1);
    q.put(5);
    auto first = coir::spawn([&] { q.put(9); });
    await_parked(first);
    auto second = coir::spawn([&] { q.put(1); });
    await_parked(second);
    for (int each : {5, 9, 1}) EXPECT_EQ(q.get(), each);
    first.get();
    second.get();
  });
}

// Q1: likewise the getters
TEST_P(QueueKindsOn, QUE_24_GettersOfEveryKindAreServedFirstComeFirstServed) {
  in_run([] {
    on_each_kind<int>(0, [](auto q) {
      std::vector<coir::task<int>> getters;
      for (int i = 0; i < 3; ++i) {
        getters.push_back(coir::spawn([&] { return q.get(); }));
        await_parked(getters.back());
      }
      for (int each : {3, 1, 2}) q.put(each);
      for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(getters[i].get(), (std::vector{3, 1, 2})[i]);
    });
  });
}

// ---- rendezvous --------------------------------------------------------------------------------

TEST_P(QueueKindsOnAny, CHN_03_WithoutAPartnerARendezvousNeitherTakesNorGives) {
  in_run([] {
    coir::rendezvous<int> q;
    EXPECT_FALSE(q.try_put(1));
    EXPECT_FALSE(q.put_for(1, 1ms));
    EXPECT_EQ(q.try_get(), std::nullopt);
    EXPECT_EQ(q.get_for(1ms), std::nullopt);
    EXPECT_EQ(q.size(), 0u);
    EXPECT_EQ(q.capacity(), 0u);
  });
}

TEST_P(QueueKindsOn, CHN_03_FIB_04_TryPutHandsToAParkedGetterOfARendezvous) {
  in_run([] {
    coir::rendezvous<int> q;
    auto getter = coir::spawn([&] { return q.get(); });
    await_parked(getter);
    EXPECT_TRUE(q.try_put(1));
    EXPECT_FALSE(q.try_put(2));  // the getter has what it came for
    EXPECT_EQ(getter.get(), 1);
  });
}

TEST_P(QueueKindsOn, CHN_03_TryGetTakesFromAParkedPutterOfARendezvous) {
  in_run([] {
    coir::rendezvous<int> q;
    auto putter = coir::spawn([&] { q.put(1); });
    await_parked(putter);
    EXPECT_EQ(q.size(), 0u);
    EXPECT_EQ(q.statistics().unfinished, 0u);  // it counts as put when it is taken
    EXPECT_EQ(q.try_get(), 1);
    EXPECT_EQ(q.try_get(), std::nullopt);
    putter.get();
    EXPECT_EQ(q.statistics().unfinished, 1u);
  });
}

TEST_P(QueueKindsOn, CHN_03_ThePutOfARendezvousReturnsOnceItsItemIsTaken) {
  in_run([] {
    coir::rendezvous<int> q;
    auto putter = coir::spawn([&] {
      for (int i = 0; i < 3; ++i) q.put(i);
    });
    for (int i = 0; i < 3; ++i) {
      await_parked(putter);
      EXPECT_EQ(q.get(), i);
    }
    putter.get();
  });
}

// ---- statistics --------------------------------------------------------------------------------

TEST_P(QueueKindsOnAny, CHN_08_DrainingDoesNotResetThePeak) {
  in_run([] {
    on_each_store<int>(4, [](auto q) {
      for (int i = 0; i < 3; ++i) q.put(i);
      EXPECT_EQ(q.statistics().size, 3u);
      EXPECT_EQ(q.statistics().capacity, 4u);
      drained(q);
      q.put(1);
      EXPECT_EQ(q.statistics().size, 1u);
      // Who puts into a shared queue does not look how much is in it.
      if (!is_shared(q)) {
        EXPECT_EQ(q.statistics().peak_size, 3u);
      }
      EXPECT_EQ(q.statistics().unfinished, 4u);
      q.task_done();
      EXPECT_EQ(q.statistics().unfinished, 3u);
    });
  });
}

TEST_P(QueueKindsOn, CHN_08_WhoIsCancelledDoesNotCountAsWaiting) {
  in_run([] {
    on_each_kind<int>(1, [](auto q) {
      auto getter = coir::spawn([&] { return q.get(); });
      auto impatient = coir::spawn([&] { return q.get_for(1h); });
      await_parked(getter);
      await_parked(impatient);
      EXPECT_EQ(q.statistics().waiting_getters, 2u);
      getter.cancel();
      EXPECT_EQ(q.statistics().waiting_getters, 1u);  // though it may not have run yet
      impatient.cancel();
      EXPECT_EQ(q.statistics().waiting_getters, 0u);
      getter.join();
      impatient.join();
    });
    on_each_full_kind(1, [](auto q) {
      auto putter = coir::spawn([&] { q.put(2); });
      await_parked(putter);
      EXPECT_EQ(q.statistics().waiting_putters, 1u);
      putter.cancel();
      EXPECT_EQ(q.statistics().waiting_putters, 0u);
      putter.join();
    });
  });
}

TEST_P(QueueKindsOn, CHN_08_WhoWaitsInJoinIsCounted) {
  in_run([] {
    coir::queue<int> q;
    q.put(1);
    auto joiner = coir::spawn([&] { q.join(); });
    await_parked(joiner);
    EXPECT_EQ(q.statistics().waiting_joiners, 1u);
    q.task_done();
    EXPECT_EQ(q.statistics().waiting_joiners, 0u);
    joiner.get();
  });
}

}  // namespace
}  // namespace contract
