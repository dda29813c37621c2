// SPDX-License-Identifier: BSL-1.0
/// Timeouts: never early, exact in virtual time, the outermost wins.

#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "contract/models.hpp"

namespace contract {
namespace {

class TimeoutOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, TimeoutOnAny, all_models, model_name);

class TimeoutOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, TimeoutOn, concurrent_models, model_name);

using TimeoutInVirtualTime = virtual_run;

// T1, T2
TEST_P(TimeoutOnAny, ThrowsTimeoutErrorNeverEarly) {
  in_run([] {
    auto const start = coir::now();
    EXPECT_THROW(coir::timeout(3ms, [] { coir::sleep_for(1h); }), coir::timeout_error);
    EXPECT_GE(coir::now() - start, 3ms);
    coir::yield();  // T3: nothing leaks into later waits
  });
}

// T1
TEST_P(TimeoutOnAny, ReturnsWhatTheWorkReturns) {
  in_run([] {
    int number = 1;
    EXPECT_EQ(coir::timeout(1h, [] { return 5; }), 5);
    EXPECT_EQ(*coir::timeout(1h, [] { return std::make_unique<int>(6); }), 6);
    int& same = coir::timeout(1h, [&]() -> int& { return number; });
    EXPECT_EQ(&same, &number);
    EXPECT_EQ(coir::wait_for(1h, [] { return 5; }), 5);
    EXPECT_EQ(coir::timeout_at(coir::never, [] { return 7; }), 7);
  });
}

// T1
TEST_P(TimeoutOnAny, PassesOnWhatTheWorkThrows) {
  in_run([] {
    EXPECT_THROW(coir::timeout(1h, [] { throw std::out_of_range("mine"); }), std::out_of_range);
    EXPECT_THROW(coir::move_on_after(1h, [] { throw std::out_of_range("mine"); }),
                 std::out_of_range);
  });
}

// T1: an outer cancel passes through
TEST_P(TimeoutOnAny, AnOuterCancelPassesThroughAsCancelled) {
  in_run([] {
    coir::cancel_scope outer;
    bool passed = false;
    EXPECT_FALSE(outer.run([&] {
      outer.cancel();
      try {
        coir::timeout(1h, [] { coir::yield(); });
      } catch (coir::cancelled const&) {
        passed = true;
        throw;
      }
    }));
    EXPECT_TRUE(passed);
  });
}

// T2
TEST_P(TimeoutOnAny, WithoutTimeItIsExpiredAtTheFirstSuspension) {
  in_run([] {
    for (auto const limit : {0s, -1s}) {
      bool entered = false;
      EXPECT_THROW(coir::timeout(limit,
                                 [&] {
                                   entered = true;
                                   coir::this_task::checkpoint();
                                   ADD_FAILURE() << "went on";
                                 }),
                   coir::timeout_error);
      EXPECT_TRUE(entered);
      EXPECT_EQ(coir::timeout(limit, [] { return 1; }), 1);
      EXPECT_EQ(coir::move_on_after(limit, [] { return 1; }), 1);
      EXPECT_FALSE(coir::move_on_after(limit, [] { coir::yield(); }));
    }
  });
}

// T2
TEST_P(TimeoutOnAny, NotANumberIsAnInvalidArgument) {
  in_run([] {
    std::chrono::duration<double> const nan(std::numeric_limits<double>::quiet_NaN());
    EXPECT_THROW(coir::timeout(nan, [] { ADD_FAILURE(); }), std::invalid_argument);
    EXPECT_THROW(coir::move_on_after(nan, [] { ADD_FAILURE(); }), std::invalid_argument);
    EXPECT_THROW(coir::sleep_for(nan), std::invalid_argument);
    EXPECT_THROW(coir::cancel_scope scope(nan), std::invalid_argument);
    EXPECT_THROW((void)coir::queue<int>().get_for(nan), std::invalid_argument);
  });
}

// T2: huge limits do not overflow
TEST_P(TimeoutOnAny, ALimitBeyondTheClockIsNone) {
  in_run([] {
    EXPECT_EQ(coir::timeout(std::chrono::hours::max(),
                            [] {
                              coir::yield();
                              return 1;
                            }),
              1);
    std::chrono::duration<double> const infinite(std::numeric_limits<double>::infinity());
    EXPECT_EQ(coir::timeout(infinite,
                            [] {
                              coir::yield();
                              return 1;
                            }),
              1);
    EXPECT_THROW(coir::timeout(-infinite, [] { coir::yield(); }), coir::timeout_error);
    EXPECT_THROW(coir::timeout(std::chrono::hours::min(), [] { coir::yield(); }),
                 coir::timeout_error);
  });
}

// T1
TEST_P(TimeoutOnAny, MoveOnAfterReturnsInsteadOfThrowing) {
  in_run([] {
    int number = 1;
    EXPECT_TRUE(coir::move_on_after(1h, [] {}));
    EXPECT_FALSE(coir::move_on_after(1ms, [] { coir::sleep_for(1h); }));
    EXPECT_EQ(coir::move_on_after(1h, [] { return 2; }), 2);
    EXPECT_EQ(coir::move_on_after(1ms,
                                  [] {
                                    coir::sleep_for(1h);
                                    return 2;
                                  }),
              std::nullopt);
    EXPECT_EQ(coir::move_on_after(1h, [&]() -> int& { return number; }), &number);
    EXPECT_EQ(coir::move_on_after(1ms,
                                  [&]() -> int& {
                                    coir::sleep_for(1h);
                                    return number;
                                  }),
              nullptr);
  });
}

// C3, T1
TEST_P(TimeoutOnAny, ARetryLoopInsideCannotLoseTheDeadline) {
  in_run([] {
    int tries = 0;
    EXPECT_THROW(coir::timeout(1ms,
                               [&] {
                                 while (++tries < 4) {
                                   try {
                                     coir::sleep_for(1h);
                                   } catch (...) {
                                   }
                                 }
                                 coir::yield();
                               }),
                 coir::timeout_error);
    EXPECT_EQ(tries, 4);
  });
}

// T4
TEST_P(TimeoutOn, EndsATaskAndReturnsOnlyWhenItHasEnded) {
  in_run([] {
    bool cleaned = false;
    auto task = coir::spawn([&] {
      try {
        coir::event().wait();
      } catch (coir::cancelled const& e) {
        EXPECT_EQ(e.reason().cause(), coir::cancel_cause::deadline);
        coir::shield([&] {
          coir::sleep_for(1ms);
          cleaned = true;
        });
        throw;
      }
    });
    await_parked(task);
    EXPECT_THROW(coir::timeout(1ms, task), coir::timeout_error);
    EXPECT_TRUE(task.done());
    EXPECT_TRUE(cleaned);
  });
}

// T4: a task that answers by returning has succeeded
TEST_P(TimeoutOn, ATaskThatAnswersTheDeadlineByReturningHasSucceeded) {
  in_run([] {
    auto task = coir::spawn([] {
      try {
        coir::event().wait();
      } catch (coir::cancelled const&) {
      }
      return 4;
    });
    await_parked(task);
    EXPECT_EQ(coir::timeout(1ms, task), 4);
  });
}

// T1
TEST_P(TimeoutOn, ATaskInTimeGivesItsResult) {
  in_run([] {
    auto task = coir::spawn([] { return std::string("done"); });
    EXPECT_EQ(coir::timeout(1h, task), "done");
    auto failing = coir::spawn([] { throw std::out_of_range("mine"); });
    EXPECT_THROW(coir::timeout(1h, failing), std::out_of_range);
  });
}

// T1
TEST_P(TimeoutOn, JoinForWaitsNoLongerThanItsLimitAndLeavesTheTaskAlone) {
  in_run([] {
    coir::event set;
    auto task = coir::spawn([&] { set.wait(); });
    EXPECT_FALSE(task.join_for(0s));
    EXPECT_FALSE(task.join_for(1ms));
    EXPECT_FALSE(task.done());
    set.set();
    EXPECT_TRUE(task.join_for(1h));
    EXPECT_TRUE(task.join_for(0s));
    task.get();
  });
}

// T1, T2
TEST_P(TimeoutOnAny, AScopeWithADeadlineThatHasComeEndsAtTheFirstSuspension) {
  in_run([] {
    coir::cancel_scope scope(-1s);
    EXPECT_FALSE(scope.run([] {
      coir::yield();
      ADD_FAILURE() << "went on";
    }));
    EXPECT_TRUE(scope.cancel_called());
  });
}

// T1: a deadline can be moved into the past
TEST_P(TimeoutOnAny, MovingADeadlineIntoThePastCancelsAtOnce) {
  in_run([] {
    coir::cancel_scope scope(1h);
    EXPECT_FALSE(scope.run([&] {
      coir::yield();
      scope.set_deadline(coir::now() - 1s);
      coir::yield();
      ADD_FAILURE() << "went on";
    }));
  });
}

// T2, exactly
TEST_F(TimeoutInVirtualTime, EndsTheWorkExactlyAtItsDeadline) {
  in_run([&] {
    EXPECT_THROW(coir::timeout(5h, [] { coir::sleep_for(100h); }), coir::timeout_error);
    EXPECT_EQ(elapsed(), 5h);
    EXPECT_EQ(coir::timeout(2h,
                            [] {
                              coir::sleep_for(1h);
                              return 1;
                            }),
              1);
    EXPECT_EQ(elapsed(), 6h);
    coir::sleep_for(10h);  // T3: the timer that was not needed is gone
    EXPECT_EQ(elapsed(), 16h);
  });
}

// T1
TEST_F(TimeoutInVirtualTime, AnInnerTimeoutThatIsEarlierIsItsOwn) {
  in_run([&] {
    bool outer_went_on = false;
    coir::timeout(2s, [&] {
      EXPECT_THROW(coir::timeout(1s, [] { coir::sleep_for(1h); }), coir::timeout_error);
      outer_went_on = true;
    });
    EXPECT_TRUE(outer_went_on);
    EXPECT_EQ(elapsed(), 1s);
  });
}

// T1
TEST_F(TimeoutInVirtualTime, AnOuterTimeoutThatIsEarlierPassesThroughTheInner) {
  in_run([&] {
    bool passed = false;
    EXPECT_THROW(coir::timeout(1s,
                               [&] {
                                 try {
                                   coir::timeout(2s, [] { coir::sleep_for(1h); });
                                 } catch (coir::cancelled const& e) {
                                   EXPECT_EQ(e.reason().cause(), coir::cancel_cause::deadline);
                                   passed = true;
                                   throw;
                                 }
                               }),
                 coir::timeout_error);
    EXPECT_TRUE(passed);
    EXPECT_EQ(elapsed(), 1s);
  });
}

// T1
TEST_F(TimeoutInVirtualTime, OfTwoTimeoutsAtTheSameTimeTheOutermostWins) {
  in_run([&] {
    bool inner_is_told_by_cancelled = false;
    auto const when = coir::now() + 1s;
    EXPECT_THROW(coir::timeout_at(when,
                                  [&] {
                                    try {
                                      coir::timeout_at(when, [] { coir::sleep_for(1h); });
                                    } catch (coir::cancelled const&) {
                                      inner_is_told_by_cancelled = true;
                                      throw;
                                    }
                                  }),
                 coir::timeout_error);
    EXPECT_TRUE(inner_is_told_by_cancelled);
  });
}

// T1: judged when the scope is left
TEST_F(TimeoutInVirtualTime, AnOuterDeadlineThatComesDuringTheInnersCleanupWins) {
  in_run([&] {
    bool passed = false;
    EXPECT_THROW(coir::timeout(2s,
                               [&] {
                                 try {
                                   coir::timeout(1s, [] {
                                     try {
                                       coir::sleep_for(1h);
                                     } catch (coir::cancelled const&) {
                                       coir::shield([] { coir::sleep_for(5s); });
                                       throw;
                                     }
                                   });
                                 } catch (coir::cancelled const&) {
                                   passed = true;
                                   throw;
                                 }
                               }),
                 coir::timeout_error);
    EXPECT_TRUE(passed);
    EXPECT_EQ(elapsed(), 6s);
  });
}

// T3
TEST_F(TimeoutInVirtualTime, WorkThatEndsWithoutSuspendingAfterItsDeadlineHasSucceeded) {
  in_run([&] {
    EXPECT_EQ(coir::timeout(1s,
                            [&] {
                              coir::yield();
                              clock.advance_to(clock.now() + 1min);
                              return 1;
                            }),
              1);
    coir::yield();
    coir::sleep_for(1s);
  });
}

// T3
TEST_F(TimeoutInVirtualTime, EqualDeadlinesAreClaimedInTheOrderTheyWereSet) {
  in_run([&] {
    std::vector<int> order;
    auto const when = coir::now() + 1s;
    coir::group([&](coir::task_group& g) {
      for (int i = 0; i < 20; ++i)
        g.spawn([&, i] {
          coir::sleep_until(when);
          order.push_back(i);
        });
    });
    ASSERT_EQ(order.size(), 20u);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  });
}

// T2: a relative time of a scope counts from its making
TEST_F(TimeoutInVirtualTime, ADeadlineFromBeforeTheRunOfAScopeCounts) {
  in_run([&] {
    coir::cancel_scope scope(3s);
    coir::sleep_for(2s);
    EXPECT_FALSE(scope.run([] { coir::sleep_for(1h); }));
    EXPECT_EQ(elapsed(), 3s);
  });
}

// T1
TEST_F(TimeoutInVirtualTime, ADeadlineCanBeMovedBothWays) {
  in_run([&] {
    coir::cancel_scope later(1s);
    EXPECT_TRUE(later.run([&] {
      later.set_deadline(coir::now() + 1h);
      coir::sleep_for(1min);
    }));
    EXPECT_EQ(elapsed(), 1min);

    coir::cancel_scope earlier(1h);
    EXPECT_FALSE(earlier.run([&] {
      earlier.set_deadline(coir::now() + 1s);
      coir::sleep_for(1min);
    }));
    EXPECT_EQ(elapsed(), 1min + 1s);

    coir::cancel_scope none(1s);
    EXPECT_TRUE(none.run([&] {
      none.set_deadline(coir::never);
      coir::sleep_for(1h);
    }));
    EXPECT_EQ(none.deadline(), coir::never);
  });
}

// T1: by another task, too
TEST_F(TimeoutInVirtualTime, AnotherTaskMovesTheDeadlineOfAParkedOne) {
  in_run([&] {
    coir::cancel_scope scope(1h);
    auto task = coir::spawn([&] { return scope.run([] { coir::event().wait(); }); });
    await_parked(task);
    scope.set_deadline(coir::now() + 2s);
    EXPECT_FALSE(task.get());
    EXPECT_EQ(elapsed(), 2s);
  });
}

// C4, T3: completion wins in the tick of the deadline
TEST_F(TimeoutInVirtualTime, AnEventSetBeforeItsDeadlineIsClaimedIsNotTimedOut) {
  in_run([&] {
    coir::event event;
    auto const when = coir::now() + 1s;
    auto setter = coir::spawn([&] {
      coir::sleep_until(when - 1ns);
      event.set();
    });
    EXPECT_TRUE(event.wait_until(when));
    EXPECT_EQ(elapsed(), 1s - 1ns);
  });
}

// S5
TEST_F(TimeoutInVirtualTime, ARunThatCanNeverGoOnFailsAsADeadlock) {
  EXPECT_THROW(in_run([] { coir::event().wait(); }), coir::deadlock);
}

}  // namespace
}  // namespace contract
