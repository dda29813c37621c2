// SPDX-License-Identifier: BSL-1.0
/// Items whose moves fail: nothing is lost, and the order stays.

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "contract/models.hpp"
#include "contract/queue_kinds.hpp"

namespace contract {
namespace {

class QueueItemsOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueItemsOnAny, all_models, model_name);

class QueueItemsOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueItemsOn, concurrent_models, model_name);

/// A number that cannot be moved while `fails` says so, and then keeps its value.
struct frail {
  explicit frail(int number_) : number(number_) {}
  frail(frail&& other) : number(other.number) { check(); }
  frail(frail const& other) : number(other.number) { check(); }
  frail& operator=(frail&&) = default;
  frail& operator=(frail const&) = default;

  static void check() {
    if (fails && fails()) throw std::runtime_error("cannot be moved");
  }
  friend bool operator<(frail const& a, frail const& b) { return a.number < b.number; }

  int number;
  static inline std::function<bool()> fails;
};

/// Lets moves fail for a while.
struct failing_moves {
  explicit failing_moves(std::function<bool()> when = [] { return true; }) {
    frail::fails = std::move(when);
  }
  ~failing_moves() { frail::fails = nullptr; }
};

/// What is queued, in the order it comes out.
template <class Queue>
std::vector<int> drained(Queue const& q) {
  std::vector<int> numbers;
  while (auto item = q.try_get()) numbers.push_back(item->number);
  return numbers;
}

TEST_P(QueueItemsOnAny, QUE_23_AnItemThatCannotBeMovedOutGoesBackToTheHead) {
  in_run([] {
    on_each_store<frail>(0, [](auto q) {
      q.put(frail(1));
      q.put(frail(1));
      {
        failing_moves const now;
        EXPECT_THROW(q.get(), std::runtime_error);
        EXPECT_THROW((void)q.try_get(), std::runtime_error);
        EXPECT_THROW((void)q.get_for(1h), std::runtime_error);
        EXPECT_EQ(q.size(), 2u);
      }
      EXPECT_EQ(drained(q), (std::vector{1, 1}));
      q.task_done();
      q.task_done();
      q.join();
    });
  });
}

TEST_P(QueueItemsOnAny, QUE_23_AnItemThatCannotBeMovedInWasNotPut) {
  in_run([] {
    on_each_store<frail>(1, [](auto q) {
      frail item(1);
      {
        failing_moves const now;
        EXPECT_THROW((void)q.try_put(std::move(item)), std::runtime_error);
        EXPECT_THROW(q.put(std::move(item)), std::runtime_error);
        EXPECT_THROW(q.put(item), std::runtime_error);
        EXPECT_THROW((void)q.put_for(std::move(item), 1h), std::runtime_error);
      }
      EXPECT_EQ(q.size(), 0u);
      q.join();
      q.put(std::move(item));
      EXPECT_EQ(q.get().number, 1);
    });
  });
}

// range-for leaves the item where it is
TEST_P(QueueItemsOnAny, RangeForTakesWhatCannotBeMoved) {
  in_run([] {
    coir::queue<frail> q;
    for (int i = 0; i < 3; ++i) q.put(frail(i));
    q.shutdown();
    failing_moves const now;
    std::vector<int> seen;
    for (frail const& item : q) seen.push_back(item.number);
    EXPECT_EQ(seen, (std::vector{0, 1, 2}));
  });
}

// C5
TEST_P(QueueItemsOn, AHandedItemThatCannotBeMovedGoesToTheNextGetter) {
  in_run([] {
    on_each_kind<frail>(0, [](auto q) {
      auto first = coir::spawn([&] { q.get(); });
      await_parked(first);
      auto second = coir::spawn([&] { return q.get().number; });
      await_parked(second);
      auto const unlucky = first.id();
      failing_moves const now([=] { return coir::this_task::id() == unlucky; });
      q.put(frail(1));
      EXPECT_THROW(first.get(), std::runtime_error);
      EXPECT_EQ(second.get(), 1);
      EXPECT_EQ(q.size(), 0u);
    });
  });
}

// C5: "in order", whoever brings his item back first
TEST_P(QueueItemsOn, ItemsThatComeBackKeepTheirOrder) {
  in_run([] {
    on_each_store<frail>(0, [](auto q) {
      std::vector<coir::task<>> getters;
      for (int i = 0; i < 4; ++i) {
        getters.push_back(coir::spawn([&] { q.get(); }));
        await_parked(getters.back());
      }
      auto const self = coir::this_task::id();
      {
        failing_moves const now([=] { return coir::this_task::id() != self; });
        for (int i = 1; i <= 4; ++i) q.put(frail(i));
        for (auto& each : getters) EXPECT_THROW(each.get(), std::runtime_error);
      }
      q.put(frail(5));
      bool const newest_first = std::is_same_v<decltype(q), coir::lifo_queue<frail>>;
      EXPECT_EQ(drained(q),
                newest_first ? (std::vector{5, 4, 3, 2, 1}) : (std::vector{1, 2, 3, 4, 5}));
      EXPECT_EQ(q.statistics().unfinished, 5u);
    });
  });
}

// C5: what comes back into a full queue finds room, and lets nobody in before it is taken
TEST_P(QueueItemsOn, AnItemThatComesBackIntoAFullQueueKeepsItsPlace) {
  in_run([] {
    coir::queue<frail> q(1);
    q.put(frail(1));
    auto putter = coir::spawn([&] { q.put(frail(2)); });
    await_parked(putter);
    {
      auto const self = coir::this_task::id();
      failing_moves const now([=] { return coir::this_task::id() == self; });
      EXPECT_THROW(q.get(), std::runtime_error);  // the putter has been let in
    }
    putter.get();
    EXPECT_EQ(q.size(), 2u);
    EXPECT_EQ(q.statistics().peak_size, 2u);
    EXPECT_FALSE(q.try_put(frail(3)));
    EXPECT_EQ(q.get().number, 1);
    EXPECT_FALSE(q.try_put(frail(3)));
    EXPECT_EQ(q.get().number, 2);
    EXPECT_TRUE(q.try_put(frail(3)));
  });
}

/// A getter that was handed an item, shuts the queue down while it moves it, and then fails.
template <class Queue>
void fail_after_shutdown(Queue const& q, bool immediate) {
  auto getter = coir::spawn([&] { q.get(); });
  await_parked(getter);
  auto const unlucky = getter.id();
  failing_moves const now([=] {
    if (coir::this_task::id() != unlucky) return false;
    q.shutdown(immediate);
    return true;
  });
  q.put(frail(1));
  EXPECT_THROW(getter.get(), std::runtime_error);
}

// Q2, C5
TEST_P(QueueItemsOn, AnItemThatComesBackAfterAShutdownCanStillBeTaken) {
  in_run([] {
    on_each_kind<frail>(0, [](auto q) {
      fail_after_shutdown(q, false);
      EXPECT_EQ(q.get().number, 1);
      EXPECT_THROW(q.get(), coir::queue_shut_down);
    });
  });
}

TEST_P(QueueItemsOn, AnItemThatComesBackAfterAnImmediateShutdownIsDroppedLikeTheRest) {
  in_run([] {
    on_each_kind<frail>(0, [](auto q) {
      fail_after_shutdown(q, true);
      EXPECT_EQ(q.size(), 0u);
      EXPECT_THROW(q.get(), coir::queue_shut_down);
      q.join();  // nobody is left to say that it is done
    });
  });
}

// Q4, C4: the item of a put that gives up is assigned back, and so may fail once more
TEST_P(QueueItemsOn, APutThatGivesUpLeavesTheItem) {
  in_run([] {
    on_each_full_kind(frail(0), [](auto q) {
      frail item(2);
      EXPECT_FALSE(q.put_for(std::move(item), 1ms));
      EXPECT_EQ(item.number, 2);
    });
  });
}

}  // namespace
}  // namespace contract
