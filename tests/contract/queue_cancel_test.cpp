// SPDX-License-Identifier: BSL-1.0
/// Queues whose getters and putters are cancelled: nothing lost, nothing doubled.

#include <memory>
#include <optional>

#include "contract/models.hpp"
#include "contract/queue_kinds.hpp"

namespace contract {
namespace {

class QueueCancelOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueCancelOn, concurrent_models, model_name);

/// A task that gets one item, parked.
template <class Queue>
auto parked_getter(Queue const& q) {
  auto getter = coir::spawn([q] { return q.get(); });
  await_parked(getter);
  return getter;
}

/// A task that puts one item, parked.
template <class Queue>
auto parked_putter(Queue const& q, int item) {
  auto putter = coir::spawn([q, item] { q.put(item); });
  await_parked(putter);
  return putter;
}

/// Makes room in a queue from on_each_full_kind().
template <class Queue>
void take_what_fills(Queue const& q) {
  for (std::size_t left = q.size(); left > 0; --left) EXPECT_EQ(q.get(), 0);
}

TEST_P(QueueCancelOn, QUE_02_AGetterCancelledBeforeThePutIsPassedOver) {
  in_run([] {
    on_each_kind<int>(0, [](auto q) {
      auto first = parked_getter(q);
      auto second = parked_getter(q);
      EXPECT_TRUE(first.cancel());
      q.put(1);
      EXPECT_EQ(second.get(), 1);
      EXPECT_THROW(first.get(), coir::cancelled);
      EXPECT_EQ(q.size(), 0u);
    });
  });
}

// C4, C5: asyncio drops the hand-off; here the one who was chosen keeps it
TEST_P(QueueCancelOn, QUE_03_AGetterCancelledAfterItWasChosenKeepsItsItem) {
  in_run([] {
    on_each_kind<int>(0, [](auto q) {
      int got = 0;
      bool delivered = false;
      auto getter = coir::spawn([&] {
        got = q.get();
        try {
          for (;;) coir::yield();
        } catch (coir::cancelled const&) {
          delivered = true;
          throw;
        }
      });
      await_parked(getter);
      q.put(1);
      EXPECT_TRUE(getter.cancel());
      getter.join();
      EXPECT_EQ(got, 1);
      EXPECT_TRUE(delivered);
      EXPECT_TRUE(getter.cancelled());
      EXPECT_EQ(q.try_get(), std::nullopt);
    });
  });
}

TEST_P(QueueCancelOn, QUE_03_WhatFollowsAHandOffStaysInOrder) {
  in_run([] {
    on_each_fifo<int>(0, [](auto q) {
      auto getter = parked_getter(q);
      for (int i = 1; i <= 3; ++i) q.put(i);
      getter.cancel();
      EXPECT_EQ(getter.get(), 1);
      EXPECT_EQ(q.get(), 2);
      EXPECT_EQ(q.get(), 3);
    });
  });
}

TEST_P(QueueCancelOn, QUE_04_OfThreeGettersTheCancelledOneTakesNoneOfTwoItems) {
  in_run([] {
    on_each_kind<int>(0, [](auto q) {
      auto first = parked_getter(q);
      auto second = parked_getter(q);
      auto third = parked_getter(q);
      first.cancel();
      q.put(1);
      q.put(2);
      EXPECT_EQ(second.get(), 1);
      EXPECT_EQ(third.get(), 2);
      EXPECT_THROW(first.get(), coir::cancelled);
    });
  });
}

TEST_P(QueueCancelOn, QUE_04_OfThreeGettersOneCancelledTooLateKeepsItsItem) {
  in_run([] {
    on_each_kind<int>(0, [](auto q) {
      auto first = parked_getter(q);
      auto second = parked_getter(q);
      auto third = parked_getter(q);
      q.put(1);
      q.put(2);
      first.cancel();
      EXPECT_EQ(first.get(), 1);
      EXPECT_EQ(second.get(), 2);
      EXPECT_FALSE(third.done());
      q.put(3);
      EXPECT_EQ(third.get(), 3);
    });
  });
}

// C4, C5: asyncio takes the item back; here the one who was let in has put
TEST_P(QueueCancelOn, QUE_05_APutterCancelledAfterItWasLetInHasPut) {
  in_run([] {
    on_each_store<int>(1, [](auto q) {
      q.put(1);
      bool put = false;
      auto putter = coir::spawn([&] {
        q.put(2);
        put = true;
        for (;;) coir::yield();
      });
      await_parked(putter);
      EXPECT_EQ(q.get(), 1);
      EXPECT_TRUE(putter.cancel());
      putter.join();
      EXPECT_TRUE(put);
      EXPECT_TRUE(putter.cancelled());
      EXPECT_EQ(q.size(), 1u);
      EXPECT_EQ(q.get(), 2);
    });
  });
}

TEST_P(QueueCancelOn, QUE_05_APutterCancelledWhileItWaitsHasPutNothingAndMayTryAgain) {
  in_run([] {
    on_each_full_kind(0, [](auto q) {
      auto putter = parked_putter(q, 2);
      EXPECT_TRUE(putter.cancel());
      EXPECT_THROW(putter.get(), coir::cancelled);
      take_what_fills(q);
      EXPECT_EQ(q.try_get(), std::nullopt);
      auto again = coir::spawn([q] { q.put(2); });
      EXPECT_EQ(q.get(), 2);
      again.get();
    });
  });
}

// C4: the value of an rvalue comes back, whatever ended the wait
TEST_P(QueueCancelOn, QUE_05_APutThatIsCutShortGivesItsItemBack) {
  in_run([] {
    coir::queue<std::unique_ptr<int>> q(1);
    q.put(nullptr);
    auto item = std::make_unique<int>(2);
    EXPECT_FALSE(coir::move_on_after(1ms, [&] { q.put(std::move(item)); }));
    ASSERT_NE(item, nullptr);
    EXPECT_FALSE(q.put_for(std::move(item), 1ms));
    ASSERT_NE(item, nullptr);
    auto putter = coir::spawn([&] { q.put(std::move(item)); });
    await_parked(putter);
    q.shutdown();
    EXPECT_THROW(putter.get(), coir::queue_shut_down);
    ASSERT_NE(item, nullptr);
    EXPECT_EQ(*item, 2);
  });
}

TEST_P(QueueCancelOn, QUE_06_CancellingOnePutterLeavesTheOthersTheirPlace) {
  in_run([] {
    for (bool const cancel_first : {true, false}) {
      on_each_full_kind(0, [&](auto q) {
        auto first = parked_putter(q, 1);
        auto second = parked_putter(q, 2);
        auto& victim = cancel_first ? first : second;
        auto& survivor = cancel_first ? second : first;
        victim.cancel();
        take_what_fills(q);
        EXPECT_EQ(q.get(), cancel_first ? 2 : 1);
        survivor.get();
        EXPECT_THROW(victim.get(), coir::cancelled);
        EXPECT_EQ(q.try_get(), std::nullopt);
      });
    }
  });
}

TEST_P(QueueCancelOn, QUE_08_CancellingWhoHasBeenWokenAlreadyIsHarmless) {
  in_run([] {
    on_each_fifo<int>(1, [](auto q) {
      for (int i = 0; i < 100; ++i) {
        auto getter = parked_getter(q);
        q.put(1);
        getter.cancel();
        getter.cancel();
        EXPECT_EQ(getter.get(), 1);
        q.put(2);
        auto putter = parked_putter(q, 3);
        EXPECT_EQ(q.get(), 2);
        putter.cancel();
        putter.cancel();
        putter.get();
        EXPECT_EQ(q.get(), 3);
      }
    });
  });
}

TEST_P(QueueCancelOn, QUE_08_WhoTimedOutIsNotKept) {
  in_run([] {
    on_each_kind<int>(1, [](auto q) {
      for (int i = 0; i < 50; ++i) EXPECT_EQ(q.get_for(20us), std::nullopt);
      EXPECT_EQ(q.statistics().waiting_getters, 0u);
      bool const has_room = q.try_put(1);
      EXPECT_EQ(has_room, q.capacity() == 1);  // none of those who left took it
      for (int i = 0; i < 50; ++i) EXPECT_FALSE(q.put_for(2, 20us));
      EXPECT_EQ(q.statistics().waiting_putters, 0u);
      EXPECT_EQ(q.try_get(), has_room ? std::optional(1) : std::nullopt);
      EXPECT_EQ(q.try_get(), std::nullopt);
    });
  });
}

// S4: blocking functions look for a cancel first
TEST_P(QueueCancelOn, ACancelledScopeStopsGetAndPutThatNeedNotWait) {
  in_run([] {
    on_each_store<int>(0, [](auto q) {
      q.put(1);
      coir::cancel_scope scope;
      scope.cancel();
      EXPECT_FALSE(scope.run([&] {
        EXPECT_THROW(q.get(), coir::cancelled);
        EXPECT_THROW(q.put(2), coir::cancelled);
        EXPECT_THROW(q.join(), coir::cancelled);
        q.get();
      }));
      EXPECT_EQ(q.size(), 1u);
      EXPECT_EQ(q.get(), 1);
    });
  });
}

// C4: put either completes or throws; many cancels neither lose nor double
TEST_P(QueueCancelOn, UnderManyCancelsEveryItemArrivesOnceOrWasNeverPut) {
  in_run([] {
    on_each_fifo<int>(1, [](auto q) {
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
  });
}

}  // namespace
}  // namespace contract
