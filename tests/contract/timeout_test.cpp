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

using TimeoutInVirtualTime = virtual_run;

// T1, T2
TEST_P(TimeoutOnAny, TMO_01_ThrowsTimeoutErrorNeverEarly) {
  in_run([] {
    auto const start = coir::now();
    EXPECT_THROW(coir::timeout(3ms, [] { coir::sleep_for(1h); }), coir::timeout_error);
    EXPECT_GE(coir::now() - start, 3ms);
    coir::yield();  // T3: nothing leaks into later waits
  });
}

// T1
TEST_P(TimeoutOnAny, TMO_01_ReturnsWhatTheWorkReturns) {
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
TEST_P(TimeoutOnAny, TMO_12_WFR_11_PassesOnWhatTheWorkThrows) {
  in_run([] {
    EXPECT_THROW(coir::timeout(1h, [] { throw std::out_of_range("mine"); }), std::out_of_range);
    EXPECT_THROW(coir::timeout(1h, [] { throw coir::timeout_error("mine"); }), coir::timeout_error);
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
TEST_P(TimeoutOnAny, TMO_02_WithoutTimeItIsExpiredAtTheFirstSuspension) {
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
TEST_P(TimeoutOnAny, CXL_20_NotANumberIsAnInvalidArgument) {
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

// T3
TEST_F(TimeoutInVirtualTime, TMO_04_WorkThatEndsWithoutSuspendingAfterItsDeadlineHasSucceeded) {
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

// C4, T3: completion wins in the tick of the deadline
TEST_F(TimeoutInVirtualTime, TMO_11_AnEventSetBeforeItsDeadlineIsClaimedIsNotTimedOut) {
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
