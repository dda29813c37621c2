// SPDX-License-Identifier: BSL-1.0
/// gather and gather_settled on every model: several results, in the order they were asked for.

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class GatherOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, GatherOnAny, all_models, model_name);

class GatherOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, GatherOn, concurrent_models, model_name);

using GatherInVirtualTime = virtual_run;

// G4
TEST_P(GatherOnAny, GatherGivesResultsInArgumentOrder) {
  in_run([] {
    auto const [a, b, c] = coir::gather(
        coir::call([](int n) { return n; }, 1), [] { return std::string("two"); },
        [] { return std::make_unique<int>(3); });
    EXPECT_EQ(a, 1);
    EXPECT_EQ(b, "two");
    EXPECT_EQ(*c, 3);
    auto const nothing = coir::gather([] {}, [] { return 4; });
    static_assert(std::is_same_v<decltype(nothing), std::tuple<std::monostate, int> const>);
    EXPECT_EQ(std::get<1>(nothing), 4);
  });
}

// G4
TEST_F(GatherInVirtualTime, GAT_01_ResultsKeepTheOrderOfTheArguments) {
  in_run([&] {
    std::vector<int> begun;
    auto const sleeper = [&](int n, auto delay) {
      begun.push_back(n);
      coir::sleep_for(delay);
      return n;
    };
    auto const results = coir::gather(coir::call(sleeper, 1, 3h), coir::call(sleeper, 2, 1h),
                                      coir::call(sleeper, 3, 2h));
    EXPECT_EQ(results, (std::tuple{1, 2, 3}));
    EXPECT_EQ(begun, (std::vector{1, 2, 3}));
    EXPECT_EQ(elapsed(), 3h);
  });
}

// G4
TEST_P(GatherOn, GatherThrowsTheFirstFailureOnceTheOthersHaveEnded) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::event parked;
    EXPECT_THROW(coir::gather(
                     [&] {
                       parked.set();
                       wait_for_cancel(cancelled);
                     },
                     [&] {
                       parked.wait();
                       throw std::out_of_range("mine");
                     }),
                 std::out_of_range);
    EXPECT_EQ(cancelled, 1);
    coir::yield();
  });
}

// G4
TEST_P(GatherOn, GAT_07_CancellingAGatherEndsWhatItOwns) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::semaphore begun(0, 2);
    auto waiter = coir::spawn([&] {
      auto const child = [&] {
        begun.release();
        wait_for_cancel(cancelled);
      };
      coir::gather(child, child);
    });
    begun.acquire();
    begun.acquire();
    waiter.cancel();
    EXPECT_THROW(waiter.get(), coir::cancelled);
    EXPECT_EQ(cancelled, 2);
  });
}

// G4
TEST_P(GatherOnAny, GAT_03_ATaskNamedTwiceRunsOnceAndItsResultIsAtEachPlace) {
  in_run([] {
    std::atomic<int> runs = 0;
    auto a = coir::spawn([&] { return ++runs; });
    auto b = coir::spawn([] {});
    EXPECT_EQ(coir::gather(a, b, a), (std::tuple{1, std::monostate{}, 1}));
    EXPECT_EQ(a.get(), 1);
    EXPECT_EQ(runs, 1);
  });
}

// G4
TEST_P(GatherOnAny, GatherOfARangeGivesAVector) {
  in_run([] {
    std::vector<coir::task<int>> tasks;
    EXPECT_TRUE(coir::gather(tasks).empty());
    for (int i = 0; i < 4; ++i) tasks.push_back(coir::spawn([i] { return i; }));
    EXPECT_EQ(coir::gather(tasks), (std::vector{0, 1, 2, 3}));
    std::vector<coir::task<>> silent;
    silent.push_back(coir::spawn([] {}));
    coir::gather(silent);
  });
}

// G4
TEST_P(GatherOn, GAT_02_TheFirstFailureOfBorrowedTasksIsThrownAtOnceAndTheOthersGoOn) {
  in_run([] {
    coir::event set;
    auto slow = coir::spawn([&] {
      set.wait();
      return 1;
    });
    auto failing = coir::spawn([]() -> int { throw std::out_of_range("mine"); });
    EXPECT_THROW(coir::gather(slow, failing), std::out_of_range);
    EXPECT_FALSE(slow.done());
    set.set();
    EXPECT_EQ(slow.get(), 1);
  });
}

// G3: who gathers has asked for all of them
TEST_P(GatherOn, GAT_02_LaterFailuresOfBorrowedTasksAreNotReportedAsUnhandled) {
  unhandled_log log;
  in_run([] {
    coir::event set;
    auto later = coir::spawn([&] {
      set.wait();
      throw std::logic_error("later");
    });
    auto first = coir::spawn([] { throw std::out_of_range("first"); });
    EXPECT_THROW(coir::gather(later, first), std::out_of_range);
    set.set();
    later.join();
    EXPECT_EQ(what_of(later.exception()), "later");
    std::vector<coir::task<>> both;
    for (int i = 0; i < 2; ++i)
      both.push_back(coir::spawn([] { throw std::runtime_error("both"); }));
    for (auto& each : both) each.join();
    EXPECT_THROW(coir::gather(both), std::runtime_error);
  });
  EXPECT_EQ(log.entries(), std::vector<std::string>{});
}

// G4
TEST_P(GatherOn, GAT_07_CancellingAGatherEndsWhatItBorrowed) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    auto a = coir::spawn([&] { wait_for_cancel(cancelled); });
    auto b = coir::spawn([&] { wait_for_cancel(cancelled); });
    await_parked(a);
    await_parked(b);
    auto waiter = coir::spawn([&] { coir::gather(a, b); });
    await_parked(waiter);
    waiter.cancel();
    EXPECT_THROW(waiter.get(), coir::cancelled);
    EXPECT_TRUE(a.done());
    EXPECT_TRUE(b.done());
    EXPECT_EQ(cancelled, 2);
    EXPECT_FALSE(a.cancel());
    EXPECT_FALSE(waiter.cancel());
  });
}

// G4: a borrowed task that was cancelled gives no result
TEST_P(GatherOn, CXL_07_GatheringACancelledTaskThrowsCancelledAndLeavesTheGathererAlone) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    auto victim = coir::spawn([&] { wait_for_cancel(cancelled); });
    auto other = coir::spawn([&] { wait_for_cancel(cancelled); });
    await_parked(victim);
    victim.cancel();
    EXPECT_THROW(coir::gather(other, victim), coir::cancelled);
    EXPECT_EQ(coir::this_task::cancelling(), 0u);
    coir::yield();
    EXPECT_FALSE(other.done());
  });
}

// C4: the gather was over before its waiter was cancelled
TEST(GatherOnFibers, AGatherThatIsCompleteReturnsItsResultsInSpiteOfACancelThatFollows) {
  coir::run([] {
    for (bool const owned : {false, true}) {
      coir::event set;
      auto const work = [&] {
        set.wait();
        return 7;
      };
      auto waiter = coir::spawn([&] {
        if (owned) {
          EXPECT_EQ(std::get<0>(coir::gather(work)), 7);
        } else {
          auto task = coir::spawn(work);
          EXPECT_EQ(std::get<0>(coir::gather(task)), 7);
        }
        EXPECT_THROW(coir::yield(), coir::cancelled);
        return true;
      });
      await_parked(waiter);
      coir::yield();
      set.set();
      coir::yield();  // the work ends, and with it the gather; its waiter has yet to run
      EXPECT_FALSE(waiter.done());
      waiter.cancel();
      EXPECT_TRUE(waiter.get());
    }
  });
}

// S4
TEST_P(GatherOnAny, CombinatorsLookForACancelBeforeTheyBeginAnything) {
  in_run([] {
    auto ready = coir::spawn([] { return 1; });
    std::vector<coir::task<int>> tasks;
    tasks.push_back(coir::spawn([] { return 2; }));
    tasks.front().join();
    auto const never_begins = [] { ADD_FAILURE(); };
    std::vector const calls{never_begins};
    std::vector const numbers{1};
    auto const refused = [](auto f) {
      coir::cancel_scope scope;
      scope.cancel();
      EXPECT_FALSE(scope.run([&] {
        f();
        ADD_FAILURE() << "went on";
      }));
    };
    refused([&] { coir::gather(never_begins); });
    refused([&] { coir::gather(ready); });
    refused([&] { coir::gather(tasks); });
    refused([&] { coir::gather_settled(never_begins); });
    refused([&] { coir::gather_settled(ready); });
    refused([&] { coir::wait(tasks); });
    refused([&] { coir::wait(tasks, coir::return_when::all_completed, 0s); });
    refused([&] { coir::as_completed(tasks).next(); });
    refused([&] { coir::as_completed(never_begins).next(); });
    refused([&] { coir::race(never_begins); });
    refused([&] { coir::staggered_race(calls); });
    refused([&] { coir::for_each(numbers, 1, [](int) { ADD_FAILURE(); }); });
  });
}

// G4
TEST_P(GatherOnAny, GAT_01_GatherSettledGivesErrorsAsValues) {
  unhandled_log log;
  in_run([] {
    auto const [one, two, three] = coir::gather_settled(
        coir::call([](int n) { return n; }, 1),
        []() -> std::string { throw std::out_of_range("mine"); }, [] {});
    EXPECT_TRUE(one);
    EXPECT_EQ(one.value(), 1);
    EXPECT_EQ(*one, 1);
    EXPECT_EQ(one.error(), nullptr);
    EXPECT_FALSE(two.has_value());
    EXPECT_FALSE(two.cancelled());
    EXPECT_EQ(what_of(two.error()), "mine");
    EXPECT_THROW((void)two.value(), std::out_of_range);
    EXPECT_EQ(three.value(), std::monostate{});
    static_assert(std::is_same_v<decltype(three), coir::outcome<void> const>);
  });
  EXPECT_TRUE(log.entries().empty());
}

// G4
TEST_P(GatherOnAny, OutcomesHoldWhatOnlyMovesAndReferences) {
  in_run([] {
    int target = 1;
    auto [owned, there] = coir::gather_settled([] { return std::make_unique<int>(3); },
                                               [&]() -> int& { return target; });
    std::unique_ptr<int> const taken = std::move(owned).value();
    EXPECT_EQ(*taken, 3);
    EXPECT_EQ(&there.value(), &target);
    auto text = coir::spawn([] { return std::string("abc"); });
    EXPECT_EQ(std::get<0>(coir::gather_settled(text))->size(), 3u);
    EXPECT_EQ(text.get(), "abc");
  });
}

// G4: nothing disturbs the others
TEST_P(GatherOn, GAT_01_AFailureLeavesTheOthersOfASettledGatherAlone) {
  in_run([] {
    coir::event set;
    auto const [failed, fine] = coir::gather_settled(
        [&] {
          set.set();
          throw std::out_of_range("mine");
        },
        [&] {
          set.wait();
          coir::yield();
          return 5;
        });
    EXPECT_FALSE(failed);
    EXPECT_EQ(fine.value(), 5);
  });
}

// G4
TEST_P(GatherOn, GatherSettledOfHandlesBorrowsAndAllowsDuplicates) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    auto one = coir::spawn([] { return 1; });
    auto victim = coir::spawn([&] { wait_for_cancel(cancelled); });
    await_parked(victim);
    victim.cancel();
    auto const [a, b, c] = coir::gather_settled(one, victim, one);
    EXPECT_EQ(*a + *c, 2);
    EXPECT_TRUE(b.cancelled());
    EXPECT_THROW((void)b.value(), coir::cancelled);
    EXPECT_EQ(one.get(), 1);

    std::vector<coir::task<int>> tasks;
    for (int i = 0; i < 3; ++i)
      tasks.push_back(coir::spawn([i] { return i == 1 ? throw std::out_of_range("1") : i; }));
    auto const outcomes = coir::gather_settled(tasks);
    ASSERT_EQ(outcomes.size(), 3u);
    EXPECT_EQ(outcomes[0].value(), 0);
    EXPECT_EQ(what_of(outcomes[1].error()), "1");
    EXPECT_EQ(outcomes[2].value(), 2);
    tasks.clear();
    EXPECT_TRUE(coir::gather_settled(tasks).empty());
  });
}

// G4
TEST_P(GatherOn, GAT_07_CancellingASettledGatherEndsItsTasks) {
  in_run([] {
    for (bool const owned : {false, true}) {
      std::atomic<int> cancelled = 0;
      coir::semaphore begun(0, 2);
      auto const child = [&] {
        begun.release();
        wait_for_cancel(cancelled);
      };
      auto waiter = coir::spawn([&] {
        if (owned) return (void)coir::gather_settled(child, child);
        auto a = coir::spawn(child);
        auto b = coir::spawn(child);
        coir::gather_settled(a, b);
      });
      begun.acquire();
      begun.acquire();
      waiter.cancel();
      EXPECT_THROW(waiter.get(), coir::cancelled);
      EXPECT_EQ(cancelled, 2);
    }
  });
}

// C8: a shield around the waiting keeps the inner tasks from the cancel
TEST_P(GatherOn, SHD_04_CancellingAGatherOfShieldedWaitsLeavesTheTasksAlone) {
  in_run([] {
    coir::event set;
    auto const work = [&] {
      set.wait();
      return 1;
    };
    auto a = coir::spawn(work);
    auto b = coir::spawn(work);
    // get() does not forward a cancel: it is asyncio's shield already.
    auto waiter = coir::spawn([&] { coir::gather([&] { a.get(); }, [&] { b.get(); }); });
    await_parked(waiter);
    waiter.cancel();
    EXPECT_THROW(waiter.get(), coir::cancelled);
    EXPECT_FALSE(a.done());
    EXPECT_FALSE(b.done());
    set.set();
    EXPECT_EQ(a.get() + b.get(), 2);
  });
}

}  // namespace
}  // namespace contract
