// SPDX-License-Identifier: BSL-1.0
/// as_completed on every model: one after the other, each once, in the order in which they end.

#include <atomic>
#include <iterator>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

using places = std::vector<std::size_t>;

class AsCompletedOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, AsCompletedOnAny, all_models, model_name);

class AsCompletedOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, AsCompletedOn, concurrent_models, model_name);

using AsCompletedInVirtualTime = virtual_run;

static_assert(std::ranges::input_range<coir::completed_tasks<coir::task<int>>>);

std::vector<coir::task<int>> sleepers(std::initializer_list<int> hours) {
  std::vector<coir::task<int>> tasks;
  for (int const each : hours)
    tasks.push_back(coir::spawn([each] {
      coir::sleep_for(std::chrono::hours(each));
      return each;
    }));
  return tasks;
}

// G4
TEST_F(AsCompletedInVirtualTime, GAT_15_TasksComeWhenTheyEndInTheOrderOfTheirEnds) {
  in_run([&] {
    auto tasks = sleepers({3, 1, 2});
    places seen;
    for (auto [index, task] : coir::as_completed(tasks)) {
      EXPECT_EQ(&task, &tasks[index]);  // the very handle that was given
      EXPECT_EQ(elapsed(), std::chrono::hours(task.get()));
      seen.push_back(index);
    }
    EXPECT_EQ(seen, (places{1, 2, 0}));
  });
}

// G4
TEST(AsCompletedOnFibers, GAT_15_EndsOfTheSameTurnComeInTheirOrder) {
  coir::run([] {
    std::vector<coir::event> gates(4);
    std::vector<coir::task<>> tasks;
    for (auto& gate : gates) tasks.push_back(coir::spawn([&] { gate.wait(); }));
    places seen;
    auto reader = coir::spawn([&] {
      for (auto each : coir::as_completed(tasks)) seen.push_back(each.index);
    });
    await_parked(reader);
    for (std::size_t i : {3u, 0u, 2u, 1u}) gates[i].set();
    reader.get();
    EXPECT_EQ(seen, (places{3, 0, 2, 1}));
  });
}

// G4
TEST_P(AsCompletedOnAny, GAT_15_FUT_07_ATaskNamedTwiceComesOnce) {
  in_run([] {
    auto a = coir::spawn([] { return 1; });
    auto b = coir::spawn([] { return 2; });
    int sum = 0;
    places seen;
    for (auto [index, task] : coir::as_completed(a, a, b, a)) {
      sum += task.get();
      seen.push_back(index);
    }
    EXPECT_EQ(sum, 3);
    EXPECT_TRUE(seen == (places{0, 2}) || seen == (places{2, 0}));
  });
}

// G4
TEST_P(AsCompletedOnAny, OfNoTasksNothingComes) {
  in_run([] {
    std::vector<coir::task<>> none;
    for ([[maybe_unused]] auto each : coir::as_completed(none)) ADD_FAILURE();
    EXPECT_FALSE(coir::as_completed(none, 0s).next());
  });
}

// G4: tasks of different types come as what they have in common
TEST_P(AsCompletedOnAny, TasksOfDifferentTypesComeAsAnyTask) {
  in_run([] {
    auto a = coir::spawn([] { return 1; });
    auto b = coir::spawn([] { throw std::out_of_range("mine"); });
    int failures = 0;
    for (auto [index, task] : coir::as_completed(a, b)) {
      static_assert(std::is_same_v<decltype(task), coir::any_task&>);
      EXPECT_EQ(task.exception() != nullptr, index == 1);
      failures += task.exception() != nullptr ? 1 : 0;
    }
    EXPECT_EQ(failures, 1);
  });
}

// G4
TEST_F(AsCompletedInVirtualTime, GAT_16_WhatEndsInTimeComesBeforeTheTimeoutError) {
  in_run([&] {
    auto tasks = sleepers({1, 2, 3, 4});
    auto some = coir::as_completed(tasks, 3h);
    places seen;
    try {
      for (auto each : some) seen.push_back(each.index);
      ADD_FAILURE();
    } catch (coir::timeout_error const& e) {
      EXPECT_STREQ(e.what(), "timed out: 1 of 4 tasks have not ended");
    }
    EXPECT_EQ(seen, (places{0, 1, 2}));  // the one that ends at the very instant is in time
    EXPECT_EQ(elapsed(), 3h);
    EXPECT_FALSE(tasks[3].done());
    EXPECT_THROW(some.next(), coir::timeout_error);
    EXPECT_EQ(tasks[3].get(), 4);
    EXPECT_EQ(some.next()->index, 3u);
    EXPECT_FALSE(some.next());
  });
}

// G4: the time is over when the reader comes to ask, but they had ended
TEST_P(AsCompletedOnAny, GAT_16_FUT_08_WhatHadEndedComesEvenWithoutTime) {
  in_run([] {
    std::vector<coir::task<int>> tasks;
    for (int i = 0; i < 3; ++i) tasks.push_back(coir::spawn([i] { return i; }));
    for (auto& each : tasks) each.join();
    int sum = 0;
    for (auto [index, task] : coir::as_completed(tasks, 0s)) sum += task.get();
    EXPECT_EQ(sum, 3);
  });
}

// G4
TEST_P(AsCompletedOn, FUT_08_TheTimeoutErrorCountsWhatHasNotEnded) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    std::vector<coir::task<>> tasks;
    for (int i = 0; i < 2; ++i) tasks.push_back(coir::spawn([&] { wait_for_cancel(cancelled); }));
    tasks.push_back(coir::spawn([] {}));
    tasks[2].join();
    places seen;
    try {
      for (auto each : coir::as_completed(tasks, -1s)) seen.push_back(each.index);
      ADD_FAILURE();
    } catch (coir::timeout_error const& e) {
      EXPECT_STREQ(e.what(), "timed out: 2 of 3 tasks have not ended");
    }
    EXPECT_EQ(seen, places{2});
    EXPECT_EQ(cancelled, 0);
  });
}

// T3: no timer is left behind
TEST_F(AsCompletedInVirtualTime, GAT_16_ATimeoutThatWasNotNeededLeavesNoTrace) {
  in_run([&] {
    auto tasks = sleepers({1});
    for ([[maybe_unused]] auto each : coir::as_completed(tasks, 2h)) EXPECT_EQ(elapsed(), 1h);
    EXPECT_TRUE(coir::detail::current_task()->timers->empty());
  });
}

// G4
TEST_F(AsCompletedInVirtualTime, GAT_17_ALoopThatWasLeftIsResumed) {
  in_run([&] {
    auto tasks = sleepers({4, 3, 2, 1});
    auto all = coir::as_completed(tasks);
    EXPECT_EQ(all.remaining(), 4u);
    places seen;
    for (int round = 0; round < 2; ++round) {
      for (auto each : all) {
        seen.push_back(each.index);
        if (seen.size() % 2 == 0) break;
      }
      EXPECT_EQ(all.remaining(), 4 - seen.size());
      EXPECT_EQ(elapsed(), std::chrono::hours(seen.size()));
    }
    EXPECT_EQ(seen, (places{3, 2, 1, 0}));
    for ([[maybe_unused]] auto each : all) ADD_FAILURE();
  });
}

// G4: a cancelled reader may come back too
TEST_P(AsCompletedOn, ACancelledReaderLosesNothing) {
  in_run([] {
    coir::event set;
    auto work = coir::spawn([&] {
      set.wait();
      return 5;
    });
    auto all = coir::as_completed(work);
    auto reader = coir::spawn([&] { all.next(); });
    await_parked(reader);
    reader.cancel();
    EXPECT_THROW(reader.get(), coir::cancelled);
    EXPECT_FALSE(work.done());
    set.set();
    EXPECT_EQ(all.next()->task.get(), 5);
  });
}

// G4
TEST_P(AsCompletedOn, GAT_18_LeavingEarlyLeavesBorrowedTasksRunning) {
  in_run([] {
    coir::event set;
    std::vector<coir::task<>> tasks;
    tasks.push_back(coir::spawn([&] { set.wait(); }));
    tasks.push_back(coir::spawn([] {}));
    for (auto each : coir::as_completed(tasks)) {
      EXPECT_EQ(each.index, 1u);
      break;
    }
    EXPECT_FALSE(tasks[0].done());
    set.set();
    tasks[0].get();
  });
}

// C8
TEST_P(AsCompletedOn, GAT_18_LeavingEarlyCancelsAndAwaitsOwnedTasks) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::semaphore parked(0, 2);
    auto const loser = [&] {
      parked.release();
      wait_for_cancel(cancelled);
    };
    for (auto each : coir::as_completed(loser, loser, [&] {
           parked.acquire();
           parked.acquire();
         })) {
      EXPECT_EQ(each.index, 2u);
      break;
    }
    EXPECT_EQ(cancelled, 2);
  });
}

// C8: also when an exception or a cancel leaves it
TEST_P(AsCompletedOn, GAT_18_ACancelOfTheReaderEndsOwnedTasks) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::event begun;
    auto reader = coir::spawn([&] {
      for ([[maybe_unused]] auto each : coir::as_completed([&] {
             begun.set();
             wait_for_cancel(cancelled);
           }))
        ADD_FAILURE();
    });
    begun.wait();
    reader.cancel();
    EXPECT_THROW(reader.get(), coir::cancelled);
    EXPECT_EQ(cancelled, 1);
  });
}

// G4: calls of a range, only movable ones too
TEST_P(AsCompletedOnAny, OwnedCallsMayComeInARange) {
  in_run([] {
    auto const boxed = [](int n) { return [box = std::make_unique<int>(n)] { return *box; }; };
    std::vector<decltype(boxed(0))> calls;
    for (int i = 0; i < 3; ++i) calls.push_back(boxed(i));
    int sum = 0;
    for (auto [index, task] : coir::as_completed(std::move(calls), 1h)) {
      EXPECT_EQ(task.get(), static_cast<int>(index));
      sum += task.get();
    }
    EXPECT_EQ(sum, 3);
  });
}

// G3: the failure of an owned task reaches who asks, else the handler
TEST_P(AsCompletedOnAny, AFailureOfAnOwnedTaskIsItsOwn) {
  unhandled_log log;
  in_run([] {
    auto const bad = [](char const* text) { return [text] { throw std::out_of_range(text); }; };
    int failures = 0;
    for (auto each : coir::as_completed(bad("asked"), bad("asked"))) {
      EXPECT_THROW(each.task.get(), std::out_of_range);
      ++failures;
    }
    EXPECT_EQ(failures, 2);
    for (auto each : coir::as_completed(bad("ignored"))) each.task.set_name("bad");
  });
  EXPECT_EQ(log.entries(), std::vector<std::string>{"bad: ignored"});
}

// G4: ends on several threads, while the reader registers and reads
TEST_P(AsCompletedOn, FUT_06_EachOfManyComesExactlyOnce) {
  in_run([] {
    constexpr std::size_t count = 20;
    for (int round = 0; round < 20; ++round) {
      coir::event begin;
      std::vector<coir::task<>> tasks;
      for (std::size_t i = 0; i < count; ++i) tasks.push_back(coir::spawn([&] { begin.wait(); }));
      begin.set();
      std::vector<int> seen(count);
      for (auto each : coir::as_completed(tasks)) {
        EXPECT_TRUE(each.task.done());
        ++seen[each.index];
      }
      EXPECT_EQ(seen, std::vector<int>(count, 1));
    }
  });
}

}  // namespace
}  // namespace contract
