// SPDX-License-Identifier: BSL-1.0
/// Queues between tasks that may be processes: order, hand-over, cancels, deadlines, shutdown, join.

#include <optional>
#include <stdexcept>
#include <vector>

#include "contract/portable.hpp"

namespace contract {
namespace {

class PortableQueueOn : public portable_on {};
INSTANTIATE_TEST_SUITE_P(Models, PortableQueueOn, portable_models, model_name);

std::vector<int> get_all(shared_numbers const& q) {
  std::vector<int> got;
  for (int const item : q) got.push_back(item);
  return got;
}

std::vector<int> first(int count) {
  std::vector<int> all;
  for (int i = 0; i < count; ++i) all.push_back(i);
  return all;
}

// Q1
TEST_P(PortableQueueOn, ItemsComeInTheOrderTheyWerePut) {
  in_run([] {
    shared_numbers const q(2);
    auto getter = coir::spawn(get_all, q);
    for (int i = 0; i < 50; ++i) q.put(i);
    q.shutdown();
    EXPECT_EQ(getter.get(), first(50));
  });
}

// Q1
TEST_P(PortableQueueOn, MPX_14_WhatEachPutsKeepsItsOrder) {
  in_run([] {
    shared_numbers const q(3);
    auto const put_many = [](shared_numbers const& into, int from) {
      for (int i = 0; i < 40; ++i) into.put(from + i);
    };
    auto getter = coir::spawn(get_all, q);
    coir::gather(coir::call(put_many, q, 0), coir::call(put_many, q, 1000));
    q.shutdown();
    std::vector<int> low, high;
    for (int const item : getter.get()) (item < 1000 ? low : high).push_back(item % 1000);
    EXPECT_EQ(low, first(40));
    EXPECT_EQ(high, first(40));
  });
}

/// Tasks that wait to get one each, in this order.
std::vector<coir::task<int>> getters_in_line(shared_numbers const& q, std::size_t count) {
  std::vector<coir::task<int>> getters;
  while (getters.size() < count) {
    getters.push_back(coir::spawn(get_one, q));
    await_getters(q, getters.size());
  }
  return getters;
}

// Q1
TEST_P(PortableQueueOn, GettersAreServedInTheOrderTheyCame) {
  in_run([] {
    shared_numbers const q(4);
    auto getters = getters_in_line(q, 3);
    for (int i = 0; i < 3; ++i) q.put(i);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(getters[static_cast<std::size_t>(i)].get(), i);
  });
}

// Q1, Q2
TEST_P(PortableQueueOn, PuttersAreLetInInTheOrderTheyCame) {
  in_run([] {
    shared_numbers const q(1);
    q.put(0);
    std::vector<coir::task<>> putters;
    for (int i = 1; i <= 3; ++i) {
      putters.push_back(coir::spawn(put_one, q, i));
      await_putters(q, putters.size());
    }
    EXPECT_FALSE(q.try_put(9));
    for (int i = 0; i <= 3; ++i) EXPECT_EQ(q.get(), i);
    for (auto& each : putters) each.get();
  });
}

// Q1
TEST_P(PortableQueueOn, QUE_10_TryGetDoesNotStealWhatWasHandedOver) {
  in_run([] {
    shared_numbers const q(4);
    auto getter = coir::spawn(get_one, q);
    await_getters(q, 1);
    q.put(1);
    EXPECT_EQ(q.try_get(), std::nullopt);
    EXPECT_EQ(q.get_for(0s), std::nullopt);
    EXPECT_EQ(getter.get(), 1);
  });
}

TEST_P(PortableQueueOn, QUE_02_AGetterThatWasCancelledIsPassedOver) {
  in_run([] {
    shared_numbers const q(4);
    auto victim = coir::spawn(get_one, q);
    await_getters(q, 1);
    auto other = coir::spawn(get_one, q);
    await_getters(q, 2);
    EXPECT_TRUE(victim.cancel());
    victim.join();
    EXPECT_TRUE(victim.cancelled());
    q.put(1);
    EXPECT_EQ(other.get(), 1);
    EXPECT_TRUE(q.empty());
  });
}

// C4, C5: it has the item, or it was cancelled and the item is there
TEST_P(PortableQueueOn, QUE_03_ACancelAndAnItemNeverBothWin) {
  in_run([] {
    for (int round = 0; round < 20; ++round) {
      shared_numbers const q(4);
      auto getter = coir::spawn(get_one, q);
      await_getters(q, 1);
      if (round % 2 == 0) q.put(1);
      getter.cancel();
      if (round % 2 == 1) q.put(1);
      q.put(2);
      getter.join();
      if (!getter.cancelled()) {
        EXPECT_EQ(getter.get(), 1);
      } else {
        EXPECT_EQ(q.try_get(), 1);
      }
      EXPECT_EQ(q.try_get(), 2);
      EXPECT_EQ(q.try_get(), std::nullopt);
    }
  });
}

TEST_P(PortableQueueOn, QUE_04_OfThreeGettersTheCancelledOneTakesNoneOfTwoItems) {
  in_run([] {
    shared_numbers const q(4);
    auto getters = getters_in_line(q, 3);
    getters[0].cancel();
    getters[0].join();
    q.put(1);
    q.put(2);
    EXPECT_EQ(getters[1].get(), 1);
    EXPECT_EQ(getters[2].get(), 2);
    EXPECT_THROW(getters[0].get(), coir::cancelled);
  });
}

TEST_P(PortableQueueOn, QUE_05_APutterThatIsCancelledHasPutNothing) {
  in_run([] {
    shared_numbers const q(1);
    q.put(0);
    auto putter = coir::spawn(put_one, q, 1);
    await_putters(q, 1);
    putter.cancel();
    putter.join();
    EXPECT_TRUE(putter.cancelled());
    EXPECT_EQ(q.get(), 0);
    EXPECT_EQ(q.try_get(), std::nullopt);
    coir::spawn(put_one, q, 1).get();
    EXPECT_EQ(q.get(), 1);
  });
}

TEST_P(PortableQueueOn, QUE_06_CancellingOnePutterLeavesTheOthersTheirPlace) {
  in_run([] {
    for (bool const cancel_first : {true, false}) {
      shared_numbers const q(1);
      q.put(0);
      auto one = coir::spawn(put_one, q, 1);
      await_putters(q, 1);
      auto two = coir::spawn(put_one, q, 2);
      await_putters(q, 2);
      auto& victim = cancel_first ? one : two;
      auto& survivor = cancel_first ? two : one;
      victim.cancel();
      victim.join();
      EXPECT_EQ(q.get(), 0);
      EXPECT_EQ(q.get(), cancel_first ? 2 : 1);
      survivor.get();
      EXPECT_EQ(q.try_get(), std::nullopt);
    }
  });
}

void put_at_intervals(shared_numbers const& q, int count) {
  auto const start = coir::now();
  for (int i = 0, at = 0; i < count; ++i, at += i) {
    coir::sleep_until(start + at * 200us);
    q.put(i);
  }
  q.shutdown();
}

std::vector<int> get_impatiently(shared_numbers const& q, bool by_scope) {
  std::vector<int> got;
  try {
    for (;;) {
      std::optional<int> item;
      if (by_scope) {
        coir::move_on_after(600us, [&] { item = q.get(); });
      } else {
        item = q.get_for(600us);
      }
      if (item) got.push_back(*item);
    }
  } catch (coir::queue_shut_down const&) {
  }
  return got;
}

TEST_P(PortableQueueOn, QUE_11_AnItemThatComesJustAtTheDeadlineArrivesOnce) {
  in_run([] {
    for (bool const by_scope : {false, true}) {
      for (int round = 0; round < 3; ++round) {
        shared_numbers const q(4);
        auto getter = coir::spawn(get_impatiently, q, by_scope);
        auto putter = coir::spawn(put_at_intervals, q, 6);
        EXPECT_EQ(getter.get(), first(6));
        putter.get();
      }
    }
  });
}

// Q2, Q3
TEST_P(PortableQueueOn, QUE_12_JoinWaitsForWhatOthersHaveInHand) {
  in_run([] {
    shared_numbers const q(4);
    for (int i = 0; i < 3; ++i) q.put(i);
    auto const work = [](shared_numbers const& from) {
      for (int i = 0; i < 3; ++i) {
        from.get();
        ++shared(0);
        from.task_done();
      }
    };
    auto worker = coir::spawn(work, q);
    q.join();
    EXPECT_EQ(shared(0), 3u);
    worker.get();
    auto too_many = coir::spawn([](shared_numbers const& from) { from.task_done(); }, q);
    EXPECT_THROW(too_many.get(), std::logic_error);
    EXPECT_EQ(q.statistics().unfinished, 0u);
  });
}

TEST_P(PortableQueueOn, QUE_15_ShutdownWakesEveryGetter) {
  in_run([] {
    for (bool const immediate : {false, true}) {
      shared_numbers const q(4);
      auto one = coir::spawn(get_one, q);
      auto all = coir::spawn(get_all, q);
      await_getters(q, 2);
      q.shutdown(immediate);
      EXPECT_THROW(one.get(), coir::queue_shut_down);
      EXPECT_TRUE(all.get().empty());
      EXPECT_THROW(coir::spawn(put_one, q, 1).get(), coir::queue_shut_down);
      q.join();
    }
  });
}

TEST_P(PortableQueueOn, QUE_16_ShutdownRefusesPuttersAndLetsTheRestBeTaken) {
  in_run([] {
    shared_numbers const q(1);
    q.put(1);
    auto putter = coir::spawn(put_one, q, 2);
    await_putters(q, 1);
    auto joiner = coir::spawn([](shared_numbers const& of) { of.join(); }, q);
    while (q.statistics().waiting_joiners != 1) coir::yield();
    q.shutdown();
    EXPECT_THROW(putter.get(), coir::queue_shut_down);
    EXPECT_EQ(coir::spawn(get_one, q).get(), 1);
    EXPECT_FALSE(joiner.done());
    q.task_done();
    joiner.get();
  });
}

TEST_P(PortableQueueOn, QUE_18_OfThreeGettersOnlyTheOneWithAnItemIsSpared) {
  in_run([] {
    for (bool const immediate : {false, true}) {
      shared_numbers const q(4);
      std::vector<coir::task<int>> getters;
      for (std::size_t i = 0; i < 3; ++i) {
        getters.push_back(coir::spawn(get_one, q));
        await_getters(q, i + 1);
      }
      q.put(1);
      q.shutdown(immediate);
      EXPECT_EQ(getters[0].get(), 1);
      EXPECT_THROW(getters[1].get(), coir::queue_shut_down);
      EXPECT_THROW(getters[2].get(), coir::queue_shut_down);
    }
  });
}

TEST_P(PortableQueueOn, QUE_19_AnImmediateShutdownAfterAPlainOneDropsTheRest) {
  in_run([] {
    shared_numbers const q(4);
    q.put(1);
    q.put(2);
    auto const shut_down = [](shared_numbers const& of, bool immediate) { of.shutdown(immediate); };
    coir::spawn(shut_down, q, false).get();
    EXPECT_EQ(q.size(), 2u);
    coir::spawn(shut_down, q, true).get();
    EXPECT_THROW(q.get(), coir::queue_shut_down);
    coir::spawn(shut_down, q, false).get();
    q.join();
  });
}

TEST_P(PortableQueueOn, QUE_20_ThreeGettersAndTwoItemsMakeOneShutDown) {
  in_run([] {
    for (int round = 0; round < 5; ++round) {
      shared_numbers const q(4);
      std::vector<coir::task<int>> getters;
      for (int i = 0; i < 3; ++i) getters.push_back(coir::spawn(get_one, q));
      q.put(1);
      q.put(2);
      q.shutdown();
      int items = 0, shut_downs = 0;
      for (auto& each : getters) {
        try {
          items += each.get();
        } catch (coir::queue_shut_down const&) {
          ++shut_downs;
        }
      }
      EXPECT_EQ(items, 3);
      EXPECT_EQ(shut_downs, 1);
    }
  });
}

// C4: whoever is cancelled, and when, each item is got once or was never put
TEST_P(PortableQueueOn, CancelledGettersAndPuttersLoseNothing) {
  in_run([] {
    shared_numbers const q(2);
    auto const put_until_cancelled = [](shared_numbers const& into, int from) {
      for (int i = from;; ++i) {
        into.put(i);
        ++shared(0);
      }
    };
    auto const get_until_cancelled = [](shared_numbers const& from) {
      for (;;) {
        from.get();
        ++shared(1);
      }
    };
    for (int round = 0; round < 10; ++round) {
      auto const before = shared(1).load();
      auto putter = coir::spawn(put_until_cancelled, q, round * 1000);
      auto getter = coir::spawn(get_until_cancelled, q);
      await_shared(1, before + 5);
      (round % 2 == 0 ? putter : getter).cancel();
      (round % 2 == 0 ? getter : putter).cancel();
      putter.join();
      getter.join();
    }
    EXPECT_EQ(shared(0), shared(1) + q.size());
  });
}

}  // namespace
}  // namespace contract
