// SPDX-License-Identifier: BSL-1.0
/// wait on every model: what is done, what is pending, and that nobody's end is missed.

#include <algorithm>
#include <atomic>
#include <list>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

using coir::return_when;
using places = std::vector<std::size_t>;

class WaitOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, WaitOnAny, all_models, model_name);

class WaitOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, WaitOn, concurrent_models, model_name);

using WaitInVirtualTime = virtual_run;

/// Tasks that each wait for an event of their own.
struct gated {
  explicit gated(std::size_t count) : gates(count) {
    for (coir::event& gate : gates) tasks.push_back(coir::spawn([&gate] { gate.wait(); }));
  }
  void end(std::size_t place) {
    gates[place].set();
    tasks[place].join();
  }
  std::vector<coir::event> gates;
  std::vector<coir::task<>> tasks;
};

// G4
TEST_P(WaitOnAny, GAT_09_WaitingForNoTasksIsAnInvalidArgument) {
  in_run([] {
    std::vector<coir::task<>> none;
    EXPECT_THROW(coir::wait(none), std::invalid_argument);
    EXPECT_THROW(coir::wait(none, return_when::first_completed, 0s), std::invalid_argument);
    std::vector<coir::task<>> empty(1);
    EXPECT_THROW(coir::wait(empty), std::logic_error);
  });
}

// G4
TEST_P(WaitOnAny, GAT_09_FUT_07_ATaskNamedTwiceIsNamedOnceByItsFirstPlace) {
  in_run([] {
    auto a = coir::spawn([] {});
    auto b = coir::spawn([] { return 1; });
    coir::waited const all = coir::wait({&a, &a, &b, &a, &b});
    EXPECT_TRUE(all.pending.empty());
    places done = all.done;
    std::sort(done.begin(), done.end());
    EXPECT_EQ(done, (places{0, 2}));
  });
}

// G4
TEST_P(WaitOnAny, TasksThatHadEndedAreDoneInTheOrderOfTheRange) {
  in_run([] {
    std::list<coir::task<int>> tasks;
    for (int i = 0; i < 3; ++i) tasks.push_back(coir::spawn([i] { return i; }));
    for (auto& each : tasks) each.join();
    for (auto goal :
         {return_when::first_completed, return_when::first_exception, return_when::all_completed}) {
      coir::waited const all = coir::wait(tasks, goal);
      EXPECT_EQ(all.done, (places{0, 1, 2}));
      EXPECT_TRUE(all.pending.empty());
    }
  });
}

// G4
TEST_P(WaitOn, GAT_10_FirstCompletedReturnsWithTheFirstEnd) {
  in_run([] {
    gated three(3);
    auto waiter =
        coir::spawn([&] { return coir::wait(three.tasks, return_when::first_completed); });
    await_parked(waiter);
    three.end(1);
    EXPECT_EQ(waiter.get().done, places{1});
    EXPECT_EQ(waiter.get().pending, (places{0, 2}));
    EXPECT_FALSE(three.tasks[0].done());
    for (coir::event& gate : three.gates) gate.set();
  });
}

// G4
TEST_P(WaitOn, GAT_10_FirstExceptionReturnsWithTheFirstFailureAndDoesNotThrowIt) {
  unhandled_log log;
  in_run([] {
    coir::event fail;
    std::vector<coir::task<>> tasks;
    tasks.push_back(coir::spawn([] { coir::event().wait(); }));
    tasks.push_back(coir::spawn([] {}));
    tasks.push_back(coir::spawn({.name = "bad"}, [&] {
      fail.wait();
      throw std::out_of_range("mine");
    }));
    tasks[1].join();
    auto waiter = coir::spawn([&] { return coir::wait(tasks, return_when::first_exception); });
    await_parked(waiter);
    fail.set();
    EXPECT_EQ(waiter.get().done, (places{1, 2}));
    EXPECT_EQ(waiter.get().pending, places{0});
  });
  EXPECT_EQ(log.entries(), std::vector<std::string>{"bad: mine"});  // G3: nobody has asked
}

// G4
TEST_P(WaitOn, GAT_10_ACancelledTaskIsNoException) {
  in_run([] {
    gated two(2);
    await_parked(two.tasks[0]);
    auto waiter = coir::spawn([&] { return coir::wait(two.tasks, return_when::first_exception); });
    await_parked(waiter);
    two.tasks[0].cancel();
    two.tasks[0].join();
    EXPECT_FALSE(waiter.join_for(1ms));
    two.end(1);
    EXPECT_EQ(waiter.get().done, (places{0, 1}));
    EXPECT_TRUE(two.tasks[0].cancelled());
  });
}

// G4
TEST_P(WaitOn, GAT_10_AllCompletedNamesTheDoneInOrderOfCompletion) {
  in_run([] {
    gated three(3);
    auto waiter = coir::spawn([&] { return coir::wait(three.tasks); });
    await_parked(waiter);
    for (std::size_t place : {2u, 0u, 1u}) three.end(place);
    EXPECT_EQ(waiter.get().done, (places{2, 0, 1}));
    EXPECT_TRUE(waiter.get().pending.empty());
  });
}

// G4: who ends before the waiter goes on is done, and not pending
TEST(WaitOnFibers, GAT_11_WhatEndsBeforeTheWaiterGoesOnIsDone) {
  coir::run([] {
    gated three(3);
    auto waiter =
        coir::spawn([&] { return coir::wait(three.tasks, return_when::first_completed); });
    await_parked(waiter);
    three.gates[2].set();
    three.gates[0].set();
    EXPECT_EQ(waiter.get().done, (places{2, 0}));
    EXPECT_EQ(waiter.get().pending, places{1});
    three.gates[1].set();
  });
}

// T3
TEST_F(WaitInVirtualTime, GAT_12_ATaskThatEndsAtTheInstantOfTheTimeoutIsDone) {
  in_run([&] {
    for (bool const waiter_first : {false, true}) {
      std::vector<coir::task<>> tasks;
      tasks.push_back(coir::spawn([] { coir::sleep_for(3s); }));
      tasks.push_back(coir::spawn([] { coir::sleep_for(2s); }));
      auto const begun = coir::now();
      if (!waiter_first) coir::yield();
      coir::waited const result = coir::wait(tasks, return_when::all_completed, 2s);
      EXPECT_EQ(coir::now() - begun, 2s);
      EXPECT_EQ(result.done, places{1});
      EXPECT_EQ(result.pending, places{0});
    }
  });
}

// Q4: a timeout is an answer
TEST_P(WaitOn, GAT_12_ATimeoutIsNeverThrown) {
  in_run([] {
    gated two(2);
    two.end(1);
    for (auto goal : {return_when::first_exception, return_when::all_completed}) {
      coir::waited const result = coir::wait(two.tasks, goal, 1ms);
      EXPECT_EQ(result.done, places{1});
      EXPECT_EQ(result.pending, places{0});
    }
    two.gates[0].set();
  });
}

// G4, C8
TEST_P(WaitOn, GAT_13_CancellingTheWaiterLeavesTheTasksRunning) {
  in_run([] {
    gated two(2);
    for (int i = 0; i < 3; ++i) {
      auto waiter = coir::spawn([&] { coir::wait(two.tasks); });
      await_parked(waiter);
      waiter.cancel();
      EXPECT_THROW(waiter.get(), coir::cancelled);
    }
    for (auto& each : two.tasks) {
      EXPECT_FALSE(each.done());
      std::lock_guard<coir::detail::spin_lock> const held(each.record().lock);
      EXPECT_TRUE(each.record().watchers.empty());
    }
    two.end(0);
    two.end(1);
    EXPECT_FALSE(two.tasks[0].cancelled());
  });
}

// C4: the wait was over before its waiter was cancelled
TEST(WaitOnFibers, AWaitThatIsOverReturnsInSpiteOfACancelThatFollows) {
  coir::run([] {
    gated one(1);
    auto waiter = coir::spawn([&] {
      EXPECT_EQ(coir::wait(one.tasks).done, places{0});
      EXPECT_THROW(coir::yield(), coir::cancelled);
      return true;
    });
    await_parked(waiter);
    one.gates[0].set();
    coir::yield();
    EXPECT_TRUE(one.tasks[0].done());
    waiter.cancel();
    EXPECT_TRUE(waiter.get());
  });
}

// G4
TEST(WaitOnFibers, GAT_14_AWaitWithoutTimeLetsFreshTasksRunOnce) {
  coir::run([] {
    for (auto const limit : {0s, -1s}) {
      int turns = 0;
      std::vector<coir::task<>> tasks;
      tasks.push_back(coir::spawn([&] { ++turns; }));
      tasks.push_back(coir::spawn([&] {
        for (;; coir::yield()) ++turns;
      }));
      coir::waited const result = coir::wait(tasks, return_when::all_completed, limit);
      EXPECT_EQ(result.done, places{0});
      EXPECT_EQ(result.pending, places{1});
      EXPECT_EQ(turns, 2);
    }
  });
}

// G4: the waiter registers while the tasks end
TEST(WaitOnThreads, FUT_06_NoEndIsMissedWhileAWaitRegisters) {
  coir::run({.model = coir::model::threads}, [] {
    constexpr std::size_t count = 20;
    for (int round = 0; round < 50; ++round) {
      coir::event begin;
      std::vector<coir::task<>> tasks;
      for (std::size_t i = 0; i < count; ++i) tasks.push_back(coir::spawn([&] { begin.wait(); }));
      begin.set();
      if (round % 2 == 0) {
        EXPECT_EQ(coir::wait(tasks).done.size(), count);
        continue;
      }
      places seen;
      while (seen.size() < count) {
        coir::waited const step = coir::wait(tasks, return_when::first_completed);
        EXPECT_EQ(step.done.size() + step.pending.size(), count);
        EXPECT_GE(step.done.size(), std::max<std::size_t>(seen.size(), 1));
        seen = step.done;
      }
      std::sort(seen.begin(), seen.end());
      places all(count);
      std::iota(all.begin(), all.end(), 0u);
      EXPECT_EQ(seen, all);
    }
  });
}

// G4, C4: two ends, a deadline and a cancel meet
TEST(WaitOnThreads, EndsDeadlinesAndCancelsOfTheWaiterMayAllCoincide) {
  coir::run({.model = coir::model::threads}, [] {
    for (int round = 0; round < 200; ++round) {
      gated two(2);
      auto waiter = coir::spawn([&] {
        for (;;) {
          auto const limit = std::chrono::microseconds(round % 50);
          coir::waited const step = coir::wait(two.tasks, return_when::all_completed, limit);
          if (step.pending.empty()) return;
        }
      });
      auto other = coir::spawn([&] { two.gates[0].set(); });
      two.gates[1].set();
      if (round % 2 == 0) waiter.cancel();
      waiter.join();
      EXPECT_TRUE(waiter.cancelled() || (two.tasks[0].done() && two.tasks[1].done()));
      other.join();
    }
  });
}

}  // namespace
}  // namespace contract
