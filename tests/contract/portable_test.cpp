// SPDX-License-Identifier: BSL-1.0
/// Programs that can be cut into processes: they mean the same on every model.
///
/// What the tasks do is seen on a page that all processes share. The other suites let tasks look at
/// the frame that has spawned them, which no process can.

#include <atomic>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <coir/coir.hpp>

#include "contract/portable.hpp"

namespace {

using namespace std::chrono_literals;
using contract::await_shared;
using contract::shared;

class PortableOn : public contract::portable_on {};
INSTANTIATE_TEST_SUITE_P(, PortableOn, contract::portable_models, contract::model_name);

int twice(int n) { return 2 * n; }

int fail() { throw std::runtime_error("it failed"); }

/// Counts that it has begun (0), sleeps until it is cancelled, counts that it has ended (1).
int sleep_counted() {
  struct counted {
    counted() { ++shared(0); }
    ~counted() { ++shared(1); }
  } const here;
  coir::sleep_for(1h);
  return 0;
}

int fail_beside_sleepers(std::uint32_t sleepers) {
  await_shared(0, sleepers);
  return fail();
}

// G4
TEST_P(PortableOn, GatherKeepsTheOrderOfItsArguments) {
  in_run([] {
    auto const [one, two, three] =
        coir::gather(coir::call(twice, 1), coir::call(twice, 2), [] { return 3; });
    EXPECT_EQ(one, 2);
    EXPECT_EQ(two, 4);
    EXPECT_EQ(three, 3);
  });
}

// G4: the first failure cancels the rest, and waits for them
TEST_P(PortableOn, FailureInAGatherEndsTheOthers) {
  in_run([] {
    EXPECT_THROW(coir::gather(coir::call(sleep_counted), coir::call(sleep_counted),
                              coir::call(fail_beside_sleepers, 2u)),
                 std::runtime_error);
    EXPECT_EQ(shared(1), 2u);
  });
}

// G4: handles are borrowed
TEST_P(PortableOn, GatherOfHandlesLeavesTheOthersAlone) {
  in_run([] {
    std::vector<coir::task<int>> tasks;
    tasks.push_back(coir::spawn(sleep_counted));
    tasks.push_back(coir::spawn(fail_beside_sleepers, 1u));
    EXPECT_THROW(coir::gather(tasks), std::runtime_error);
    EXPECT_FALSE(tasks[0].done());
    tasks[0].cancel();
    tasks[0].join();
    EXPECT_TRUE(tasks[0].cancelled());
  });
}

// G4
TEST_P(PortableOn, GatherSettledTellsHowEachEnded) {
  in_run([] {
    auto const [good, bad] = coir::gather_settled(coir::call(twice, 4), coir::call(fail));
    EXPECT_EQ(good.value(), 8);
    EXPECT_THROW((void)bad.value(), std::runtime_error);
  });
}

// G2
TEST_P(PortableOn, ForEachCallsForEachItemSoManyAtATime) {
  in_run([] {
    coir::for_each(std::vector<int>{1, 2, 3, 4, 5, 6}, 2, [](int item) {
      if (++shared(0) > 2) ++shared(1);
      coir::sleep_for(1ms);
      shared(2) += static_cast<unsigned>(item);
      --shared(0);
    });
    EXPECT_EQ(shared(1), 0u);
    EXPECT_EQ(shared(2), 21u);
    std::vector<std::string> const words{"a", "bc"};
    coir::for_each(
        words, 1, [](std::string const& word) { shared(3) += static_cast<unsigned>(word.size()); });
    EXPECT_EQ(shared(3), 3u);
    coir::for_each(std::vector<bool>{true, false, true}, 3, [](auto is_set) {
      if (is_set) ++shared(4);
    });
    EXPECT_EQ(shared(4), 2u);
  });
}

TEST_P(PortableOn, ForEachEndsWithItsFirstFailure) {
  in_run([] {
    try {
      coir::for_each(std::vector<int>(100), 1, [](int) {
        if (++shared(0) == 3) throw std::runtime_error("the third");
      });
      ADD_FAILURE();
    } catch (coir::exception_group const& failures) {
      EXPECT_EQ(failures.errors().size(), 1u);
    }
    EXPECT_EQ(shared(0), 3u);
  });
}

TEST_P(PortableOn, GroupEndsWithItsFirstFailure) {
  in_run([] {
    try {
      coir::group([](coir::task_group& group) {
        group.spawn(sleep_counted);
        group.spawn(sleep_counted);
        group.spawn(fail_beside_sleepers, 2u);
      });
      ADD_FAILURE();
    } catch (coir::exception_group const& e) {
      EXPECT_EQ(e.errors().size(), 1u);  // who was merely cancelled has not failed
    }
    EXPECT_EQ(shared(1), 2u);
  });
}

// G1
TEST_P(PortableOn, GroupWaitsForItsTasks) {
  in_run([] {
    coir::group([](coir::task_group& group) {
      for (int i = 0; i < 5; ++i)
        group.spawn([] {
          coir::yield();
          ++shared(0);
        });
    });
    EXPECT_EQ(shared(0), 5u);
  });
}

// T1, T4
TEST_P(PortableOn, TimeoutAroundAJoinLeavesTheTaskAlone) {
  in_run([] {
    auto task = coir::spawn(sleep_counted);
    await_shared(0);
    EXPECT_THROW(coir::timeout(1ms, [&] { task.join(); }), coir::timeout_error);
    EXPECT_FALSE(task.done());
  });
  EXPECT_EQ(shared(1), 1u);
}

// T1
TEST_P(PortableOn, TimeoutOfTheTasksOwnIsThrownHere) {
  in_run([] {
    auto task = coir::spawn([] { coir::timeout(1ms, [] { coir::sleep_for(1h); }); });
    EXPECT_THROW(task.get(), coir::timeout_error);
  });
}

// T2
TEST_P(PortableOn, JoinForIsInTimeOrNot) {
  in_run([] {
    auto slow = coir::spawn(sleep_counted);
    EXPECT_FALSE(slow.join_for(1ms));
    auto quick = coir::spawn(twice, 2);
    EXPECT_TRUE(quick.join_for(1h));
  });
}

// C8
TEST_P(PortableOn, CancelOfAJoinerLeavesTheTaskAlone) {
  in_run([] {
    auto task = coir::spawn(sleep_counted);
    await_shared(0);
    coir::cancel_scope scope;
    scope.cancel();
    EXPECT_FALSE(scope.run([&] { task.join(); }));
    EXPECT_FALSE(task.done());
  });
}

// G4
TEST_P(PortableOn, WaitGivesWhatIsDoneAndWhatIsNot) {
  in_run([] {
    std::vector<coir::task<int>> tasks;
    tasks.push_back(coir::spawn(sleep_counted));
    tasks.push_back(coir::spawn(twice, 3));
    auto const [done, pending] = coir::wait(tasks, coir::return_when::first_completed);
    ASSERT_EQ(done.size(), 1u);
    EXPECT_EQ(pending.size(), 1u);
    EXPECT_EQ(tasks[1].get(), 6);
  });
}

// G4
TEST_P(PortableOn, AsCompletedGivesEachOnce) {
  in_run([] {
    std::vector<coir::task<int>> tasks;
    for (int i = 1; i <= 4; ++i) tasks.push_back(coir::spawn(twice, i));
    int sum = 0;
    for (auto const& each : coir::as_completed(tasks)) sum += each.task.get();
    EXPECT_EQ(sum, 20);
  });
}

// G4: what had ended comes first, and the others are left alone
TEST_P(PortableOn, GAT_16_WhatEndsInTimeComesBeforeTheTimeoutError) {
  in_run([] {
    std::vector<coir::task<int>> tasks;
    tasks.push_back(coir::spawn([] {
      await_shared(0);
      return 1;
    }));
    tasks.push_back(coir::spawn(twice, 1));
    tasks.push_back(coir::spawn(twice, 2));
    tasks[1].join();
    tasks[2].join();
    auto some = coir::as_completed(tasks, 1ms);
    int sum = 0;
    try {
      for (auto const& each : some) sum += each.task.get();
      ADD_FAILURE();
    } catch (coir::timeout_error const&) {
      EXPECT_EQ(sum, 6);
    }
    EXPECT_FALSE(tasks[0].done());
    ++shared(0);
    EXPECT_EQ(tasks[0].get(), 1);
    EXPECT_EQ(some.next()->index, 0u);
    EXPECT_FALSE(some.next());
  });
}

// G4
TEST_P(PortableOn, GAT_16_ATimeoutThatWasNotNeededLeavesNoTrace) {
  in_run([] {
    std::vector<coir::task<int>> tasks;
    tasks.push_back(coir::spawn(twice, 3));
    for (auto const& each : coir::as_completed(tasks, 1h)) EXPECT_EQ(each.task.get(), 6);
    EXPECT_FALSE(coir::move_on_after(1ms, [] { coir::sleep_for(1h); }));  // by its own limit
  });
}

/// An attempt: it fails (0), wins when a sleeper has begun (1), or sleeps (2).
int attempt(int how, std::string const& text) {
  if (how == 0) throw std::out_of_range(text);
  if (how == 2) return sleep_counted();
  await_shared(0);
  return 7;
}

// STG, C8
TEST_P(PortableOn, STG_01_TheNextAttemptBeginsAfterTheDelayAndLosersHaveEnded) {
  in_run([] {
    std::vector const calls{coir::call(attempt, 2, "sleeps"), coir::call(attempt, 1, "wins")};
    auto const won = coir::staggered_race(calls, 1ms);
    EXPECT_EQ(won.winner, 1u);
    EXPECT_EQ(won.value, 7);
    ASSERT_EQ(won.errors.size(), 2u);
    EXPECT_THROW(std::rethrow_exception(won.errors[0]), coir::cancelled);
    EXPECT_EQ(won.errors[1], nullptr);
    EXPECT_EQ(shared(1), 1u);
  });
}

// STG: the third never begins
TEST_P(PortableOn, STG_01_TheNextAttemptBeginsWhenTheOneBeforeHasFailed) {
  in_run([] {
    ++shared(0);  // nobody waits for a sleeper
    std::vector const calls{coir::call(attempt, 0, "first"), coir::call(attempt, 1, "wins"),
                            coir::call(attempt, 2, "sleeps")};
    auto const won = coir::staggered_race(calls, 1h);
    EXPECT_EQ(won.winner, 1u);
    ASSERT_EQ(won.errors.size(), 2u);
    EXPECT_THROW(std::rethrow_exception(won.errors[0]), std::out_of_range);
    EXPECT_EQ(shared(0), 1u);
  });
}

// STG, G2
TEST_P(PortableOn, STG_01_IfNoneSucceedsTheErrorsComeInOrderOfTheStart) {
  in_run([] {
    std::vector const calls{coir::call(attempt, 0, "a"), coir::call(attempt, 0, "b"),
                            coir::call(attempt, 0, "c")};
    try {
      coir::staggered_race(calls, 0s);
      ADD_FAILURE();
    } catch (coir::exception_group const& e) {
      EXPECT_STREQ(e.what(), "3 failures: a; b; c");
    }
  });
}

// C8
TEST_P(PortableOn, LosersOfARaceHaveEnded) {
  in_run([] {
    int const first = coir::race(coir::call(sleep_counted), coir::call([] {
                                   await_shared(0);
                                   return 7;
                                 }));
    EXPECT_EQ(first, 7);
    EXPECT_EQ(shared(1), 1u);
  });
}

// G3
TEST_P(PortableOn, CallbackSeesTheEnd) {
  in_run([] {
    auto task = coir::spawn(twice, 5);
    coir::event called;
    int seen = 0;
    task.on_done([&] {
      seen = task.get();
      called.set();
    });
    called.wait();
    EXPECT_EQ(seen, 10);
  });
}

// G3: nobody has asked
TEST_P(PortableOn, ErrorNobodyAsksForGoesToTheHandler) {
  std::atomic<int> told{0};
  auto const before = coir::set_unhandled_exception_handler(
      [&](std::string const&, std::exception_ptr) { ++told; });
  in_run([] {
    coir::spawn(fail).detach();
    coir::sleep_for(0s);
  });
  in_run([] {
    auto task = coir::spawn(fail);
    task.join();
  });
  coir::set_unhandled_exception_handler(before);
  EXPECT_GE(told, 1);
}

// C3
TEST_P(PortableOn, CancelStaysUntilItIsTakenBack) {
  in_run([] {
    auto task = coir::spawn([] {
      for (int i = 0; i < 3; ++i) {
        try {
          ++shared(0);
          coir::sleep_for(1h);
        } catch (coir::cancelled const&) {
          ++shared(2);
        }
      }
    });
    await_shared(0);
    task.cancel();
    task.join();
  });
  EXPECT_EQ(shared(2), 3u);
}

// C9
TEST_P(PortableOn, ShieldHoldsACancelOff) {
  in_run([] {
    auto task = coir::spawn([] {
      coir::shield([] {
        ++shared(0);
        while (coir::this_task::cancelling() == 0) coir::yield();
      });
      ++shared(2);
    });
    await_shared(0);
    task.cancel();
    task.join();
    EXPECT_TRUE(task.cancelled());
  });
  EXPECT_EQ(shared(2), 0u);
}

// C9: not seen through the shield, but for what is inside of it; seen again when it is taken away
TEST_P(PortableOn, SCP_01_ACancelIsSeenAgainOnceTheShieldIsTakenAway) {
  in_run([] {
    coir::shared<coir::queue<int>> const q(1);
    auto task = coir::spawn(
        [](coir::shared<coir::queue<int>> const& from) {
          coir::cancel_scope scope;
          scope.set_shielded(true);
          scope.run([&] {
            ++shared(0);
            while (coir::this_task::cancelling() == 0) coir::yield();
            ++shared(1);
            shared(2) = static_cast<std::uint32_t>(from.get());
            coir::cancel_scope inner;
            inner.cancel();
            if (!inner.run([] { coir::sleep_for(1h); })) ++shared(3);
            if (!coir::move_on_after(1ms, [] { coir::sleep_for(1h); })) ++shared(4);
            scope.set_shielded(false);
            ++shared(5);
            coir::yield();
            ++shared(6);
          });
          ++shared(7);
        },
        q);
    await_shared(0);
    task.cancel();
    await_shared(1);
    contract::await_getters(q, 1);
    q.put(9);
    task.join();
    EXPECT_TRUE(task.cancelled());
  });
  EXPECT_EQ(shared(2), 9u);
  for (std::size_t i : {3u, 4u, 5u}) EXPECT_EQ(shared(i), 1u) << i;
  for (std::size_t i : {6u, 7u}) EXPECT_EQ(shared(i), 0u) << i;
}

// C9: the shielded scope can be cancelled itself
TEST_P(PortableOn, SCP_01_AShieldedScopeHasItsOwnCancel) {
  in_run([] {
    auto const through = [] {
      coir::cancel_scope scope;
      scope.set_shielded(true);
      scope.cancel();
      return scope.run([] { coir::sleep_for(1h); });
    };
    EXPECT_FALSE(coir::spawn(through).get());
  });
}

// C6
TEST_P(PortableOn, DestructorsMayWaitWhileACancelUnwinds) {
  in_run([] {
    auto task = coir::spawn([] {
      struct waits {
        ~waits() {
          coir::sleep_for(1ms);
          ++shared(1);
        }
      } const here;
      ++shared(0);
      coir::sleep_for(1h);
    });
    await_shared(0);
    task.cancel();
    task.join();
  });
  EXPECT_EQ(shared(1), 1u);
}

// FUT-06 for joins: ends race with the registering of a wait
TEST_P(PortableOn, NoEndIsMissed) {
  in_run([] {
    for (int round = 0; round < 10; ++round) {
      std::vector<coir::task<int>> tasks;
      for (int i = 0; i < 8; ++i) tasks.push_back(coir::spawn(twice, i));
      auto const [done, pending] = coir::wait(tasks);
      EXPECT_EQ(done.size(), 8u);
    }
  });
}

// P5: a queue that a run on processes makes is shared; elsewhere it is a queue like any other

int produce(coir::queue<int> into, int count) {
  for (int i = 0; i < count; ++i) into.put(i);
  return count;
}

int add_up(coir::queue<int> from) {
  int sum = 0;
  for (int const each : from) {
    sum += each;
    from.task_done();
  }
  return sum;
}

TEST_P(PortableOn, P5_AQueueIsAnArgumentLikeAnyOther) {
  in_run([] {
    coir::queue<int> const items(2);
    EXPECT_EQ(items.capacity(), 2u);
    auto first = coir::spawn(add_up, items);
    auto second = coir::spawn(add_up, items);
    auto producer = coir::spawn(produce, items, 100);
    EXPECT_EQ(producer.get(), 100);
    items.join();
    items.shutdown();
    EXPECT_EQ(first.get() + second.get(), 4950);
    EXPECT_THROW(items.put(1), coir::queue_shut_down);
  });
}

TEST_P(PortableOn, P5_AQueueOfStringsToo) {
  in_run([] {
    coir::queue<std::string> words;
    auto speaker = coir::spawn(
        [](coir::queue<std::string> into) {
          into.put("hello");
          into.put(std::string(10'000, 'x'));
        },
        words);
    EXPECT_EQ(words.get(), "hello");
    EXPECT_EQ(words.get_for(1h).value().size(), 10'000u);
    EXPECT_EQ(words.try_get(), std::nullopt);
    EXPECT_EQ(words.get_for(1ms), std::nullopt);
    speaker.get();
  });
}

TEST_P(PortableOn, P5_ATimeoutAndACancelOfAGetterLoseNothing) {
  in_run([] {
    coir::queue<int> items(4);
    auto getter = coir::spawn(
        [](coir::queue<int> from) {
          ++shared(0);
          return from.get();
        },
        items);
    await_shared(0);
    getter.cancel();
    EXPECT_THROW(getter.get(), coir::cancelled);
    EXPECT_THROW(coir::timeout(1ms, [&] { items.get(); }), coir::timeout_error);
    items.put(7);
    EXPECT_EQ(items.get(), 7);
  });
}

TEST_P(PortableOn, P5_WithoutACapacityPutDoesNotWait) {
  in_run([] {
    coir::queue<int> items;
    for (int i = 0; i < 5000; ++i) ASSERT_TRUE(items.try_put(i));
    EXPECT_EQ(items.size(), 5000u);
    EXPECT_EQ(items.statistics().unfinished, 5000u);
    for (int i = 0; i < 5000; ++i) ASSERT_EQ(items.get(), i);
    EXPECT_TRUE(items.empty());
  });
}

/// What `f` throws as an E says; what it does not throw, nothing.
template <class E, class F>
std::string refused(F f) {
  try {
    f();
  } catch (E const& error) {
    return error.what();
  }
  return {};
}

// P1, P5: what was not made in the run is local, and nothing is promoted behind one's back
TEST(LocalQueueOnProcesses, IsRefusedByItsPlaceBeforeAnythingStarts) {
  contract::shared_page::clear();
  coir::queue<int> outside(3);
  coir::run({.model = coir::model::processes}, [&] {
    auto const take = [](int, coir::queue<int> from) {
      ++shared(0);
      return from.get();
    };
    std::string const why =
        refused<std::invalid_argument>([&] { (void)coir::spawn(take, 1, outside); });
    EXPECT_NE(why.find("argument 2 is a queue that lies in the memory of this process"),
              std::string::npos)
        << why;
    EXPECT_NE(why.find("coir::shared<coir::queue<T>>"), std::string::npos) << why;
  });
  EXPECT_EQ(shared(0), 0u);
  outside.put(5);  // it is as usable as ever
  EXPECT_EQ(outside.get(), 5);
}

TEST(LocalQueueOnProcesses, ItIsWhatHasAnOrderOfItsOwnOrItemsThatCannotTravel) {
  coir::run({.model = coir::model::processes}, [] {
    coir::lifo_queue<int> last_first(2);
    EXPECT_NE(refused<std::invalid_argument>(
                  [&] { (void)coir::spawn([](coir::lifo_queue<int>) {}, last_first); }),
              "");
    coir::queue<int*> pointers;
    int one = 1;
    pointers.put(&one);
    EXPECT_EQ(pointers.get(), &one);
    EXPECT_NE(refused<std::invalid_argument>(
                  [&] { (void)coir::spawn([](coir::queue<int*>) {}, pointers); }),
              "");
  });
}

TEST(SharedQueueOnProcesses, IsNotForSelect) {
  coir::run({.model = coir::model::processes}, [] {
    coir::queue<int> items(2);
    EXPECT_NE(refused<std::logic_error>([&] { coir::select(coir::on_get(items)); }), "");
  });
}

}  // namespace
