// SPDX-License-Identifier: BSL-1.0
/// Timeouts in timeouts: the outermost wins, judged at the exit.

#include <stdexcept>

#include "contract/models.hpp"

namespace contract {
namespace {

using TimeoutNestedInVirtualTime = virtual_run;

// T1
TEST_F(TimeoutNestedInVirtualTime, AnInnerTimeoutThatIsEarlierIsItsOwn) {
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
TEST_F(TimeoutNestedInVirtualTime, TMO_06_AnOuterTimeoutThatIsEarlierPassesThroughTheInner) {
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
TEST_F(TimeoutNestedInVirtualTime, TMO_05_OfTwoTimeoutsAtTheSameTimeTheOutermostWins) {
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
TEST_F(TimeoutNestedInVirtualTime, TMO_07_AnOuterDeadlineThatComesDuringTheInnersCleanupWins) {
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

// T1: the loop was busy past both deadlines
TEST_F(TimeoutNestedInVirtualTime, TMO_08_WhenBothDeadlinesHaveGoneByTheOuterWins) {
  in_run([&] {
    bool after_inner = false;
    EXPECT_THROW(coir::timeout(2s,
                               [&] {
                                 try {
                                   coir::timeout(1s, [&] {
                                     coir::yield();
                                     clock.advance_to(clock.now() + 1min);
                                     coir::sleep_for(1h);
                                   });
                                 } catch (coir::timeout_error const&) {
                                   ADD_FAILURE() << "the inner one";
                                 }
                                 after_inner = true;
                               }),
                 coir::timeout_error);
    EXPECT_FALSE(after_inner);
    EXPECT_EQ(elapsed(), 1min);
    EXPECT_EQ(coir::this_task::cancelling(), 0u);
  });
}

// T1: what a cleanup throws after the deadline leaves unchanged
TEST_F(TimeoutNestedInVirtualTime, TMO_12_AnErrorOfTheCleanupTakesThePlaceOfTheTimeout) {
  in_run([&] {
    EXPECT_THROW(coir::timeout(1s,
                               [] {
                                 try {
                                   coir::sleep_for(1h);
                                 } catch (coir::cancelled const&) {
                                   throw std::out_of_range("cleanup");
                                 }
                               }),
                 std::out_of_range);
    coir::sleep_for(1h);
  });
}

// T1: a timeout in the cleanup of an expired one is told to the cleanup, and then the outer one
TEST_F(TimeoutNestedInVirtualTime, TMO_14_ATimeoutInTheHandlerOfAnExpiredOneIsItsOwn) {
  in_run([&] {
    bool inner = false;
    EXPECT_THROW(coir::timeout(1s,
                               [&] {
                                 try {
                                   coir::sleep_for(1h);
                                 } catch (coir::cancelled const&) {
                                   coir::shield([&] {
                                     EXPECT_THROW(coir::timeout(3s, [] { coir::sleep_for(1h); }),
                                                  coir::timeout_error);
                                     inner = true;
                                   });
                                 }
                               }),
                 coir::timeout_error);
    EXPECT_TRUE(inner);
    EXPECT_EQ(elapsed(), 4s);
  });
}

// C7: a task that has handled its own timeout is not cancelled
TEST_F(TimeoutNestedInVirtualTime, TMO_18_ATaskThatHandlesItsTimeoutHasFinished) {
  in_run([&] {
    auto task = coir::spawn([] {
      try {
        coir::timeout(1s, [] { coir::sleep_for(1h); });
      } catch (coir::timeout_error const&) {
        coir::yield();
        return 6;
      }
      return 0;
    });
    EXPECT_EQ(task.get(), 6);
    EXPECT_FALSE(task.cancelled());
  });
}

}  // namespace
}  // namespace contract
