// SPDX-License-Identifier: BSL-1.0
/// Tasks that go on together, some of which leave early.

#include <atomic>
#include <optional>
#include <stdexcept>
#include <vector>

#include "contract/memories.hpp"
#include "contract/models.hpp"

namespace contract {
namespace {

class BarrierOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, BarrierOnAny, all_models, model_name);

class BarrierOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, BarrierOn, concurrent_models, model_name);

using BarrierInVirtualTime = virtual_run;

/// A task that waits at `barrier` once; returns when it is parked there.
template <class Barrier>
coir::task<std::size_t> parked_at(Barrier& barrier) {
  auto party = coir::spawn([&] { return barrier.wait(); });
  await_parked(party);
  return party;
}

TEST_P(BarrierOn, BAR_01_EachPartyGetsItsNumberInTheOrderTheyCame) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::barrier barrier(4);
      for (int round = 0; round < 3; ++round) {
        std::vector<coir::task<std::size_t>> parties;
        for (int i = 0; i < 3; ++i) {
          parties.push_back(parked_at(barrier));
          EXPECT_EQ(barrier.waiting(), parties.size());
        }
        EXPECT_EQ(barrier.wait(), 3u);
        for (std::size_t i = 0; i < parties.size(); ++i) EXPECT_EQ(parties[i].get(), i);
        EXPECT_EQ(barrier.waiting(), 0u);
      }
    });
  });
}

TEST_P(BarrierOn, BAR_01_EveryRoundHasEachNumberOnce) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      constexpr std::size_t parties = 5, rounds = 40;
      typename Memory::barrier barrier(parties);
      std::atomic<int> got[rounds][parties] = {};
      coir::group([&](coir::task_group& all) {
        for (std::size_t p = 0; p < parties; ++p)
          all.spawn([&] {
            for (auto& round : got) ++round[barrier.wait()];
          });
      });
      for (auto& round : got)
        for (auto& count : round) EXPECT_EQ(count, 1);
    });
  });
}

TEST_P(BarrierOnAny, ABarrierForOneNeverWaits) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::barrier barrier(1);
      EXPECT_EQ(barrier.wait(), 0u);
      EXPECT_EQ(barrier.wait_for(0s), 0u);
      EXPECT_EQ(barrier.parties(), 1u);
      EXPECT_THROW(typename Memory::barrier(0), std::invalid_argument);
    });
  });
}

TEST(BarrierOnFibers, BAR_02_OneWhoComesBackBeforeTheOthersHaveRunWaitsForTheNextRound) {
  coir::run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::barrier barrier(2);
      auto slow = parked_at(barrier);
      EXPECT_EQ(barrier.wait(), 1u);
      auto again = coir::spawn([&] { return barrier.wait(); });
      EXPECT_EQ(barrier.wait_for(0s), std::nullopt);  // `slow` has passed and is no party any more
      EXPECT_EQ(slow.get(), 0u);
      await_parked(again);
      EXPECT_EQ(barrier.waiting(), 1u);
      EXPECT_EQ(barrier.wait(), 1u);
      EXPECT_EQ(again.get(), 0u);
    });
  });
}

TEST_P(BarrierOn, BAR_02_NobodyIsARoundAheadOfTheOthers) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      constexpr int parties = 3;
      typename Memory::barrier barrier(parties);
      std::atomic<int> arrivals{0};
      coir::group([&](coir::task_group& all) {
        for (int p = 0; p < parties; ++p)
          all.spawn([&, p] {
            for (int round = 1; round <= 50; ++round) {
              for (int i = 0; i < p; ++i) coir::yield();
              ++arrivals;
              barrier.wait();
              EXPECT_GE(arrivals, round * parties);
              EXPECT_LT(arrivals, (round + 1) * parties);
            }
          });
      });
    });
  });
}

// Q5
TEST_P(BarrierOn, BAR_03_ACancelledPartyLeavesAndTheBarrierStaysUsable) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::barrier barrier(3);
      auto first = parked_at(barrier);
      auto second = parked_at(barrier);
      first.cancel();
      EXPECT_THROW(first.get(), coir::cancelled);
      EXPECT_EQ(barrier.waiting(), 1u);
      EXPECT_FALSE(barrier.is_broken());
      auto third = parked_at(barrier);
      EXPECT_EQ(barrier.wait(), 2u);
      EXPECT_EQ(second.get(), 0u);
      EXPECT_EQ(third.get(), 1u);
    });
  });
}

// Q5
TEST_F(BarrierInVirtualTime, BAR_03_APartyWhoseTimeIsUpLeavesAndTheBarrierStaysUsable) {
  in_run([&] {
    coir::barrier barrier(2);
    EXPECT_EQ(barrier.wait_for(1h), std::nullopt);
    EXPECT_EQ(elapsed(), 1h);
    EXPECT_EQ(barrier.waiting(), 0u);
    auto party = parked_at(barrier);
    EXPECT_EQ(barrier.wait_for(0s), 1u);
    EXPECT_EQ(party.get(), 0u);
  });
}

// Q5, T2
TEST_P(BarrierOnAny, BAR_03_ATimedWaitGivesUp) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::barrier barrier(2);
      EXPECT_EQ(barrier.wait_for(1ms), std::nullopt);
      EXPECT_EQ(barrier.wait_for(0s), std::nullopt);
      EXPECT_EQ(barrier.wait_for(-1s), std::nullopt);
      EXPECT_EQ(barrier.waiting(), 0u);
      EXPECT_FALSE(barrier.is_broken());
    });
  });
}

// Q5: whose cancel came first does not count, though it has not run yet
TEST(BarrierOnFibers, BAR_03_APartyCancelledBeforeTheLastOneComesIsNoParty) {
  coir::run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::barrier barrier(3);
      auto first = parked_at(barrier);
      auto second = parked_at(barrier);
      first.cancel();
      EXPECT_EQ(barrier.waiting(), 1u);
      EXPECT_EQ(barrier.wait_for(0s), std::nullopt);
      auto third = parked_at(barrier);
      EXPECT_EQ(barrier.wait(), 2u);
      EXPECT_THROW(first.get(), coir::cancelled);
      EXPECT_EQ(second.get(), 0u);
      EXPECT_EQ(third.get(), 1u);
    });
  });
}

// C4, C5
TEST(BarrierOnFibers, OneThatWasLetThroughPassesThoughCancelledBeforeItRuns) {
  coir::run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::barrier barrier(2);
      auto party = coir::spawn([&] {
        std::size_t const number = barrier.wait();
        EXPECT_EQ(number, 0u);
        coir::yield();
        ADD_FAILURE() << "the cancel was lost";
      });
      await_parked(party);
      barrier.wait();
      party.cancel();
      EXPECT_THROW(party.get(), coir::cancelled);
    });
  });
}

// C5: unlike in asyncio, they have their round already
TEST(BarrierOnFibers, BAR_04_AResetDoesNotTouchThoseWhoWereLetThrough) {
  coir::run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::barrier barrier(3);
      auto first = parked_at(barrier);
      auto second = parked_at(barrier);
      barrier.wait();
      auto early = coir::spawn([&] { return barrier.wait(); });
      barrier.reset();
      EXPECT_EQ(first.get(), 0u);
      EXPECT_EQ(second.get(), 1u);
      await_parked(early);  // it came after the reset, to a barrier as new
      EXPECT_EQ(barrier.waiting(), 1u);
      early.cancel();
      early.join();
    });
  });
}

TEST_P(BarrierOn, BAR_04_AResetEndsTheRoundOfThoseWhoWaitAndTheNextOneIsSound) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::barrier barrier(3);
      auto first = parked_at(barrier);
      auto second = parked_at(barrier);
      barrier.reset();
      EXPECT_FALSE(barrier.is_broken());
      EXPECT_EQ(barrier.waiting(), 0u);
      auto third = parked_at(barrier);
      auto fourth = parked_at(barrier);
      EXPECT_EQ(barrier.wait(), 2u);
      EXPECT_THROW(first.get(), coir::broken_barrier);
      EXPECT_THROW(second.get(), coir::broken_barrier);
      EXPECT_EQ(third.get(), 0u);
      EXPECT_EQ(fourth.get(), 1u);
    });
  });
}

TEST_P(BarrierOn, BAR_05_AbortBreaksItForAllUntilReset) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::barrier barrier(3);
      auto first = parked_at(barrier);
      auto second = parked_at(barrier);
      barrier.abort();
      EXPECT_THROW(first.get(), coir::broken_barrier);
      EXPECT_THROW(second.get(), coir::broken_barrier);
      EXPECT_TRUE(barrier.is_broken());
      EXPECT_THROW(barrier.wait(), coir::broken_barrier);
      EXPECT_THROW((void)barrier.wait_for(0s), coir::broken_barrier);
      barrier.reset();
      EXPECT_FALSE(barrier.is_broken());
      auto third = parked_at(barrier);
      auto fourth = parked_at(barrier);
      EXPECT_EQ(barrier.wait(), 2u);
      EXPECT_EQ(third.get(), 0u);
      EXPECT_EQ(fourth.get(), 1u);
    });
  });
}

// C4: its cancel came first
TEST(BarrierOnFibers, BAR_05_APartyCancelledBeforeAnAbortIsCancelled) {
  coir::run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::barrier barrier(2);
      auto party = parked_at(barrier);
      party.cancel();
      barrier.abort();
      EXPECT_THROW(party.get(), coir::cancelled);
    });
  });
}

TEST(BarrierOnSerial, AWaitThatNobodyCanEndIsADeadlockAndLeavesNoParty) {
  coir::run({.model = coir::model::serial}, [] {
    coir::barrier barrier(2);
    EXPECT_THROW(barrier.wait(), coir::deadlock);
    EXPECT_EQ(barrier.waiting(), 0u);
  });
}

}  // namespace
}  // namespace contract
