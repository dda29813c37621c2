// SPDX-License-Identifier: BSL-1.0
/// Queues that are shut down: what is queued, who waits, who comes later.

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "contract/models.hpp"
#include "contract/queue_kinds.hpp"

namespace contract {
namespace {

class QueueShutdownOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueShutdownOnAny, all_models, model_name);

class QueueShutdownOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueShutdownOn, concurrent_models, model_name);

/// Every way to put and to get throws.
template <class Queue>
void expect_shut(Queue const& q) {
  EXPECT_THROW(q.put(9), coir::queue_shut_down);
  EXPECT_THROW((void)q.try_put(9), coir::queue_shut_down);
  EXPECT_THROW((void)q.put_for(9, 1h), coir::queue_shut_down);
  EXPECT_THROW(q.get(), coir::queue_shut_down);
  EXPECT_THROW((void)q.try_get(), coir::queue_shut_down);
  EXPECT_THROW((void)q.get_for(1h), coir::queue_shut_down);
  for ([[maybe_unused]] int item : q) ADD_FAILURE() << "got an item";
}

TEST_P(QueueShutdownOnAny, QUE_15_CHN_01_AnEmptyQueueThatIsShutDownStaysSo) {
  in_run([] {
    on_each_kind<int>(0, [](auto q) {
      q.shutdown();
      expect_shut(q);
      q.join();
      expect_shut(q);
    });
  });
}

TEST_P(QueueShutdownOnAny, CHN_01_WhatIsQueuedCanStillBeTaken) {
  in_run([] {
    on_each_store<int>(0, [](auto q) {
      q.put(1);
      q.put(1);
      q.shutdown();
      EXPECT_THROW(q.put(3), coir::queue_shut_down);
      EXPECT_THROW((void)q.try_put(3), coir::queue_shut_down);
      EXPECT_THROW((void)q.put_for(3, 1s), coir::queue_shut_down);
      EXPECT_EQ(q.get(), 1);
      EXPECT_EQ(q.try_get(), 1);
      expect_shut(q);
    });
  });
}

TEST_P(QueueShutdownOnAny, APutThatIsRefusedLeavesTheItem) {
  in_run([] {
    coir::queue<std::unique_ptr<int>> q;
    q.shutdown();
    auto item = std::make_unique<int>(1);
    EXPECT_THROW(q.put(std::move(item)), coir::queue_shut_down);
    EXPECT_THROW((void)q.try_put(std::move(item)), coir::queue_shut_down);
    ASSERT_NE(item, nullptr);
    EXPECT_EQ(*item, 1);
  });
}

TEST_P(QueueShutdownOnAny, QUE_19_ShutdownsFollowEachOtherInAnyOrder) {
  in_run([] {
    for (bool const first : {false, true})
      for (bool const second : {false, true})
        for (bool const third : {false, true})
          on_each_store<int>(0, [&](auto q) {
            q.put(1);
            q.shutdown(first);
            q.shutdown(second);
            q.shutdown(third);
            if (!first && !second && !third) {
              EXPECT_EQ(q.get(), 1);
            }
            expect_shut(q);
          });
  });
}

TEST_P(QueueShutdownOnAny, QUE_19_AnImmediateShutdownAfterAPlainOneDropsTheRest) {
  in_run([] {
    on_each_store<std::shared_ptr<int>>(0, [](auto q) {
      auto const item = std::make_shared<int>(1);
      q.put(item);
      q.put(item);
      q.shutdown();
      EXPECT_EQ(item.use_count(), 3);
      q.shutdown(true);
      EXPECT_EQ(item.use_count(), 1);
      EXPECT_EQ(q.size(), 0u);
      EXPECT_THROW(q.get(), coir::queue_shut_down);
      q.join();  // what was dropped is finished
      EXPECT_THROW(q.task_done(), std::logic_error);
    });
  });
}

// Q2: an item in somebody's hands is not dropped, nor counted as done
TEST_P(QueueShutdownOnAny, AnImmediateShutdownLeavesWhatWasGot) {
  in_run([] {
    on_each_fifo<int>(0, [](auto q) {
      q.put(1);
      q.put(2);
      EXPECT_EQ(q.get(), 1);
      q.shutdown(true);
      EXPECT_EQ(q.statistics().unfinished, 1u);
      q.task_done();
      q.join();
      EXPECT_THROW(q.task_done(), std::logic_error);
    });
  });
}

TEST_P(QueueShutdownOn, QUE_15_CHN_01_ShutdownWakesEveryParkedGetter) {
  in_run([] {
    for (bool const immediate : {false, true}) {
      on_each_kind<int>(0, [&](auto q) {
        auto first = coir::spawn([&] { return q.get(); });
        auto second = coir::spawn([&] { return q.get_for(1h); });
        auto third = coir::spawn([&] {
          for ([[maybe_unused]] int item : q) ADD_FAILURE() << "got an item";
        });
        await_parked(first);
        await_parked(second);
        await_parked(third);
        q.shutdown(immediate);
        EXPECT_THROW(first.get(), coir::queue_shut_down);
        EXPECT_THROW(second.get(), coir::queue_shut_down);
        third.get();
      });
    }
  });
}

TEST_P(QueueShutdownOn, QUE_16_FIB_04_ShutdownWakesEveryParkedPutterWhoseItemStaysOut) {
  in_run([] {
    for (bool const immediate : {false, true}) {
      on_each_full_kind(1, [&](auto q) {
        std::size_t const left = immediate ? 0 : q.size();
        auto first = coir::spawn([&] { q.put(2); });
        auto second = coir::spawn([&] { (void)q.put_for(3, 1h); });
        await_parked(first);
        await_parked(second);
        q.shutdown(immediate);
        EXPECT_THROW(first.get(), coir::queue_shut_down);
        EXPECT_THROW(second.get(), coir::queue_shut_down);
        EXPECT_EQ(q.size(), left);
        if (left == 1) {
          EXPECT_EQ(q.get(), 1);
        }
        expect_shut(q);
      });
    }
  });
}

TEST_P(QueueShutdownOn, QUE_16_JoinWaitsForWhatWasQueuedAtTheShutdown) {
  in_run([] {
    on_each_fifo<int>(1, [](auto q) {
      q.put(1);
      auto putter = coir::spawn([&] { q.put(2); });
      auto joiner = coir::spawn([&] { q.join(); });
      await_parked(putter);
      await_parked(joiner);
      q.shutdown();
      EXPECT_THROW(putter.get(), coir::queue_shut_down);
      EXPECT_EQ(q.get(), 1);
      EXPECT_FALSE(joiner.done());
      q.task_done();
      joiner.get();
    });
  });
}

TEST_P(QueueShutdownOn, AnImmediateShutdownEndsAJoin) {
  in_run([] {
    on_each_store<int>(0, [](auto q) {
      q.put(1);
      auto joiner = coir::spawn([&] { q.join(); });
      await_parked(joiner);
      q.shutdown(true);
      joiner.get();
    });
  });
}

TEST_P(QueueShutdownOn, QUE_18_OfThreeParkedGettersOnlyTheOneWithAnItemIsSpared) {
  in_run([] {
    for (bool const immediate : {false, true}) {
      on_each_kind<int>(0, [&](auto q) {
        std::vector<coir::task<int>> getters;
        for (int i = 0; i < 3; ++i) {
          getters.push_back(coir::spawn([&] { return q.get(); }));
          await_parked(getters.back());
        }
        q.put(1);  // the first has it, even if the shutdown comes before it runs
        q.shutdown(immediate);
        EXPECT_EQ(getters[0].get(), 1);
        EXPECT_THROW(getters[1].get(), coir::queue_shut_down);
        EXPECT_THROW(getters[2].get(), coir::queue_shut_down);
      });
    }
  });
}

TEST_P(QueueShutdownOn, APutterWhoWasLetInIsSparedByAShutdown) {
  in_run([] {
    on_each_fifo<int>(1, [](auto q) {
      q.put(1);
      auto putter = coir::spawn([&] { q.put(2); });
      await_parked(putter);
      EXPECT_EQ(q.get(), 1);
      q.shutdown();
      putter.get();
      EXPECT_EQ(q.get(), 2);
      expect_shut(q);
    });
  });
}

/// What became of getters that compete.
struct ends {
  std::atomic<int> items{0};
  std::atomic<int> shut_downs{0};

  template <class Queue>
  void get_from(Queue const& q) {
    try {
      q.get();
      ++items;
    } catch (coir::queue_shut_down const&) {
      ++shut_downs;
    }
  }
};

TEST_P(QueueShutdownOn, QUE_20_ThreeGettersAndTwoItemsMakeOneShutDown) {
  in_run([] {
    for (int round = 0; round < 20; ++round) {
      on_each_kind<int>(0, [](auto q) {
        ends seen;
        coir::group([&](coir::task_group& all) {
          for (int i = 0; i < 3; ++i) all.spawn([&] { seen.get_from(q); });
          q.put(1);
          q.put(2);
          q.shutdown();
        });
        EXPECT_EQ(seen.items, 2);
        EXPECT_EQ(seen.shut_downs, 1);
      });
    }
  });
}

// Q2, and the one wait: threads outside of any run are woken like tasks
TEST_P(QueueShutdownOn, QUE_20_PlainThreadsAndTasksThatWaitTogetherAreAllWoken) {
  for (int round = 0; round < 10; ++round) {
    on_each_fifo<int>(0, [](auto q) {
      ends seen;
      std::vector<std::thread> threads;
      for (int i = 0; i < 3; ++i) threads.emplace_back([&] { seen.get_from(q); });
      in_run([&] {
        coir::group([&](coir::task_group& all) {
          for (int i = 0; i < 3; ++i) all.spawn([&] { seen.get_from(q); });
          while (q.statistics().waiting_getters < 6) coir::yield();
          q.put(1);
          q.shutdown();
        });
      });
      for (auto& each : threads) each.join();
      EXPECT_EQ(seen.items, 1);
      EXPECT_EQ(seen.shut_downs, 5);
    });
  }
}

}  // namespace
}  // namespace contract
