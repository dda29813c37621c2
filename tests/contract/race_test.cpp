// SPDX-License-Identifier: BSL-1.0
/// race, staggered_race and for_each on every model: who wins, and that the others have ended.

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class RaceOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, RaceOnAny, all_models, model_name);

class RaceOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, RaceOn, concurrent_models, model_name);

using RaceInVirtualTime = virtual_run;

std::function<int()> after(std::chrono::hours delay, int result) {
  return [=] {
    coir::sleep_for(delay);
    return result;
  };
}

std::function<int()> failing_after(std::chrono::hours delay, std::string text) {
  return [=]() -> int {
    coir::sleep_for(delay);
    throw std::runtime_error(text);
  };
}

// C8
TEST_F(RaceInVirtualTime, TheFirstToEndWinsAndTheLosersHaveEnded) {
  in_run([&] {
    std::atomic<int> cancelled = 0;
    auto const loser = [&] {
      try {
        coir::sleep_for(5h);
      } catch (coir::cancelled const&) {
        coir::shield([&] {
          coir::sleep_for(1h);  // its cleanup takes a while
          ++cancelled;
        });
      }
      return 0;
    };
    EXPECT_EQ(coir::race(loser, after(2h, 7), loser), 7);
    EXPECT_EQ(cancelled, 2);
    EXPECT_EQ(elapsed(), 3h);
  });
}

// C8: first to end, not first to succeed
TEST_P(RaceOn, AFailureThatComesFirstIsThrown) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::event begun;
    EXPECT_THROW(coir::race(
                     [&] {
                       begun.set();
                       wait_for_cancel(cancelled);
                     },
                     [&] {
                       begun.wait();
                       throw std::out_of_range("mine");
                     }),
                 std::out_of_range);
    EXPECT_EQ(cancelled, 1);
    coir::yield();
  });
}

// G4
TEST_P(RaceOnAny, ARaceOfDifferentTypesGivesAVariantThatTellsTheWinner) {
  in_run([] {
    coir::event never;
    auto const won = coir::race([] { return 1; }, [&] { return never.wait(), std::string(); },
                                [&] { never.wait(); });
    static_assert(
        std::is_same_v<decltype(won), std::variant<int, std::string, std::monostate> const>);
    EXPECT_EQ(won.index(), 0u);
    EXPECT_EQ(std::get<0>(won), 1);
    static_assert(std::is_void_v<decltype(coir::race([] {}, [] {}))>);
    coir::race([] {}, [&] { never.wait(); });
    EXPECT_EQ(*coir::race([] { return std::make_unique<int>(4); }), 4);
    EXPECT_EQ(coir::race(coir::call([](int n) { return n; }, 3)), 3);
  });
}

// G3: a loser's failure does not hide the winner, nor is it lost
TEST_P(RaceOn, WhatALoserThrowsGoesToTheHandler) {
  unhandled_log log;
  in_run([] {
    coir::event begun;
    EXPECT_EQ(coir::race(
                  [&]() -> int {
                    coir::this_task::checkpoint();
                    try {
                      begun.set();
                      coir::event().wait();
                    } catch (coir::cancelled const&) {
                      throw std::logic_error("in cleanup");
                    }
                    return 0;
                  },
                  [&] {
                    begun.wait();
                    return 2;
                  }),
              2);
  });
  ASSERT_EQ(log.entries().size(), 1u);
  EXPECT_NE(log.entries()[0].find("in cleanup"), std::string::npos);
}

// C8
TEST_P(RaceOn, ACancelOfTheWaiterEndsAllRacers) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::semaphore begun(0, 2);
    auto const racer = [&] {
      begun.release();
      wait_for_cancel(cancelled);
    };
    auto waiter = coir::spawn([&] { coir::race(racer, racer); });
    begun.acquire();
    begun.acquire();
    waiter.cancel();
    EXPECT_THROW(waiter.get(), coir::cancelled);
    EXPECT_EQ(cancelled, 2);
  });
}

// C4, C8: the race is decided when the cancel comes, and its losers still end
TEST_P(RaceOn, ACancelWhileTheLosersEndDoesNotUndoTheRace) {
  in_run([] {
    coir::event begun;
    coir::event cleaning;
    coir::event go_on;
    auto waiter = coir::spawn([&] {
      int const won = coir::race(
          [&] {
            begun.wait();
            return 1;
          },
          [&] {
            begun.set();
            try {
              coir::event().wait();
            } catch (coir::cancelled const&) {
              cleaning.set();
              coir::shield([&] { go_on.wait(); });
            }
            return 2;
          });
      EXPECT_EQ(won, 1);
      EXPECT_THROW(coir::yield(), coir::cancelled);
      return won;
    });
    cleaning.wait();
    await_parked(waiter);
    waiter.cancel();
    EXPECT_FALSE(waiter.join_for(1ms));  // it waits for the loser
    go_on.set();
    EXPECT_EQ(waiter.get(), 1);
  });
}

// C8: whoever comes first, exactly one wins
TEST_P(RaceOn, TwoThatEndAtTheSameInstantHaveOneWinner) {
  in_run([] {
    for (int round = 0; round < 100; ++round) {
      coir::event start;
      auto const racer = [&](int n) {
        start.wait();
        return n;
      };
      auto starter = coir::spawn([&] { start.set(); });
      int const won = coir::race(coir::call(racer, 1), coir::call(racer, 2));
      EXPECT_TRUE(won == 1 || won == 2);
    }
  });
}

// The loser never began, where tasks run one after the other
TEST(RaceOnSerial, ARaceThatIsOverBeginsNobodyElse) {
  coir::run({.model = coir::model::serial}, [] {
    EXPECT_EQ(coir::race([] { return 1; },
                         [] {
                           ADD_FAILURE();
                           return 2;
                         }),
              1);
    EXPECT_THROW(coir::race([] { coir::event().wait(); }), coir::deadlock);
  });
}

// STG
TEST_F(RaceInVirtualTime, STG_01_TheNextAttemptBeginsAfterTheDelay) {
  in_run([&] {
    std::vector const calls{after(10h, 1), after(3h, 2), after(9h, 3)};
    auto const won = coir::staggered_race(calls, 1h);
    EXPECT_EQ(won.winner, 1u);
    EXPECT_EQ(won.value, 2);
    EXPECT_EQ(elapsed(), 4h);
    ASSERT_EQ(won.errors.size(), 3u);
    EXPECT_THROW(std::rethrow_exception(won.errors[0]), coir::cancelled);
    EXPECT_EQ(won.errors[1], nullptr);
    EXPECT_THROW(std::rethrow_exception(won.errors[2]), coir::cancelled);
  });
}

// STG
TEST_F(RaceInVirtualTime, STG_01_TheNextAttemptBeginsAtOnceWhenTheOneBeforeHasFailed) {
  in_run([&] {
    std::vector const calls{failing_after(1h, "first"), after(1h, 2), after(0h, 3)};
    auto const won = coir::staggered_race(calls, 5h);
    EXPECT_EQ(won.winner, 1u);
    EXPECT_EQ(elapsed(), 2h);
    ASSERT_EQ(won.errors.size(), 2u);  // the third never began
    EXPECT_EQ(what_of(won.errors[0]), "first");
  });
}

// STG: only the newest attempt's failure hurries the next one
TEST_F(RaceInVirtualTime, STG_01_TheFailureOfAnOlderAttemptDoesNotHurryTheNext) {
  in_run([&] {
    std::vector<coir::time_point> begun;
    auto const attempt = [&](std::function<int()> work) {
      return [&begun, work] {
        begun.push_back(coir::now());
        return work();
      };
    };
    std::vector const calls{attempt(failing_after(12h, "first")), attempt(after(30h, 2)),
                            attempt(after(1h, 3))};
    EXPECT_EQ(coir::staggered_race(calls, 10h).winner, 2u);
    EXPECT_EQ(begun[1] - begun[0], 10h);
    EXPECT_EQ(begun[2] - begun[0], 20h);
  });
}

// STG, G2
TEST_P(RaceOnAny, STG_01_IfNoneSucceedsTheErrorsComeInOrderOfTheStart) {
  unhandled_log log;
  in_run([] {
    std::vector<std::function<int()>> calls;
    for (char const* text : {"a", "b", "c"})
      calls.push_back([text]() -> int { throw std::out_of_range(text); });
    coir::exception_group const errors = failure_of([&] { coir::staggered_race(calls, 1h); });
    EXPECT_STREQ(errors.what(), "3 failures: a; b; c");
    EXPECT_THROW(coir::staggered_race(std::vector<std::function<int()>>()), std::invalid_argument);
  });
  EXPECT_TRUE(log.entries().empty());
}

// STG
TEST_F(RaceInVirtualTime, STG_01_ErrorsAreIndexedByStartAndNotByCompletion) {
  in_run([&] {
    std::vector const calls{failing_after(5h, "slow"), failing_after(1h, "quick")};
    coir::exception_group const errors = failure_of([&] { coir::staggered_race(calls, 1h); });
    EXPECT_STREQ(errors.what(), "2 failures: slow; quick");
    EXPECT_EQ(elapsed(), 5h);
  });
}

// STG: without a delay only a failure begins the next
TEST_F(RaceInVirtualTime, STG_04_WithoutADelayEachWaitsForTheFailureOfTheOneBefore) {
  in_run([&] {
    std::vector const calls{failing_after(100h, "first"), after(1h, 2), after(1h, 3)};
    auto const won = coir::staggered_race(calls);
    EXPECT_EQ(won.winner, 1u);
    EXPECT_EQ(elapsed(), 101h);
    EXPECT_EQ(won.errors.size(), 2u);
  });
}

// STG: on `serial` and now and then on threads it is over before spawn() returns
TEST_P(RaceOnAny, STG_04_AnAttemptThatEndsWhileItBeginsIsKnown) {
  in_run([] {
    std::atomic<int> begun = 0;
    std::vector<std::function<int()>> calls;
    calls.push_back([&]() -> int {
      ++begun;
      throw std::out_of_range("first");
    });
    calls.push_back([&] { return ++begun; });
    calls.push_back([&] { return ++begun; });
    for (auto const& won : {coir::staggered_race(calls, 1h), coir::staggered_race(calls)}) {
      EXPECT_EQ(won.winner, 1u);
      ASSERT_EQ(won.errors.size(), 2u);
      EXPECT_EQ(what_of(won.errors[0]), "first");
    }
    EXPECT_EQ(begun, 4);
  });
}

// STG, C8
TEST_P(RaceOn, STG_01_LosersHaveEndedWhenItReturns) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::event begun;
    std::vector<std::function<void()>> calls;
    calls.push_back([&] {
      begun.set();
      wait_for_cancel(cancelled);
    });
    calls.push_back([&] { begun.wait(); });
    auto const won = coir::staggered_race(calls, 0s);
    EXPECT_EQ(won.winner, 1u);
    EXPECT_EQ(won.value, std::monostate{});
    EXPECT_EQ(cancelled, 1);
  });
}

// C8
TEST_P(RaceOn, ACancelOfAStaggeredRaceEndsItsAttempts) {
  unhandled_log log;
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::event begun;
    std::vector<std::function<void()>> calls;
    calls.push_back([] { throw std::out_of_range("an attempt that failed is no news"); });
    calls.push_back([&] {
      begun.set();
      wait_for_cancel(cancelled);
    });
    auto waiter = coir::spawn([&] { coir::staggered_race(calls, 1h); });
    begun.wait();
    waiter.cancel();
    EXPECT_THROW(waiter.get(), coir::cancelled);
    EXPECT_EQ(cancelled, 1);
  });
  EXPECT_EQ(log.entries(), std::vector<std::string>{});
}

// STG: calls are made as they begin
TEST_P(RaceOnAny, CallsOfAStaggeredRaceAreTakenAsTheyBegin) {
  in_run([] {
    int made = 0;
    auto calls =
        made_range{100, [&](int n) {
                     ++made;
                     return [n] { return n == 3 ? n : throw std::out_of_range("not yet"); };
                   }};
    EXPECT_EQ(coir::staggered_race(calls, 1h).value, 3);
    EXPECT_EQ(made, 4);
    auto const boxed = [](int n) { return [box = std::make_unique<int>(n)] { return *box; }; };
    std::vector<decltype(boxed(1))> movable;
    movable.push_back(boxed(1));
    EXPECT_EQ(coir::staggered_race(std::move(movable), 1h).value, 1);
  });
}

}  // namespace
}  // namespace contract
