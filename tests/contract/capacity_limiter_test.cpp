// SPDX-License-Identifier: BSL-1.0
/// Tokens, and borrowers who are known.

#include <stdexcept>

#include "contract/models.hpp"

namespace contract {
namespace {

class CapacityLimiterOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, CapacityLimiterOnAny, all_models, model_name);

class CapacityLimiterOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, CapacityLimiterOn, concurrent_models, model_name);

/// A task that borrows a token and gives it back when `leave` is set; returns once it is parked.
coir::task<> parked_borrower(coir::capacity_limiter& limiter, coir::event& leave) {
  auto borrower = coir::spawn([&] {
    limiter.acquire();
    leave.wait();
    limiter.release();
  });
  await_parked(borrower);
  return borrower;
}

// Q3
TEST_P(CapacityLimiterOnAny, ASecondTokenForOneBorrowerIsALogicErrorAndChangesNothing) {
  in_run([] {
    coir::capacity_limiter limiter(3);
    int guest = 0;
    limiter.acquire();
    EXPECT_THROW(limiter.acquire(), std::logic_error);
    EXPECT_THROW((void)limiter.try_acquire(), std::logic_error);
    EXPECT_THROW((void)limiter.try_acquire_for(1h), std::logic_error);
    limiter.acquire_on_behalf_of(&guest);
    EXPECT_THROW(limiter.acquire_on_behalf_of(&guest), std::logic_error);
    EXPECT_THROW((void)limiter.try_acquire_on_behalf_of(&guest), std::logic_error);
    EXPECT_EQ(limiter.statistics().borrowed, 2u);
    limiter.release();
    limiter.release_on_behalf_of(&guest);
    EXPECT_EQ(limiter.statistics().borrowed, 0u);
  });
}

// Q3
TEST_P(CapacityLimiterOnAny, AReleaseByOneWithoutATokenIsALogicErrorAndChangesNothing) {
  in_run([] {
    coir::capacity_limiter limiter(1);
    int guest = 0;
    EXPECT_THROW(limiter.release(), std::logic_error);
    limiter.acquire();
    EXPECT_THROW(coir::spawn([&] { limiter.release(); }).get(), std::logic_error);
    EXPECT_THROW(limiter.release_on_behalf_of(&guest), std::logic_error);
    EXPECT_EQ(limiter.statistics().borrowed, 1u);
    limiter.release();
    EXPECT_THROW(limiter.release(), std::logic_error);
  });
}

// Q4, T2
TEST_P(CapacityLimiterOnAny, TimedAcquiresGiveUpAndMayBeTriedAgain) {
  in_run([] {
    coir::capacity_limiter limiter(1);
    int guest = 0, other = 0;
    limiter.acquire_on_behalf_of(&guest);
    EXPECT_FALSE(limiter.try_acquire());
    EXPECT_FALSE(limiter.try_acquire_for(0s));
    EXPECT_FALSE(limiter.try_acquire_for(1ms));
    EXPECT_FALSE(limiter.try_acquire_on_behalf_of_for(&other, 1ms));
    limiter.release_on_behalf_of(&guest);
    EXPECT_TRUE(limiter.try_acquire_on_behalf_of_for(&other, 0s));
    limiter.release_on_behalf_of(&other);
    EXPECT_TRUE(limiter.try_acquire_for(0s));
    limiter.release();
  });
}

// Q1
TEST_P(CapacityLimiterOn, ATokenGoesToTheOldestWaiterAndNoNewcomerOvertakes) {
  in_run([] {
    coir::capacity_limiter limiter(1);
    coir::event leave;
    limiter.acquire();
    auto first = parked_borrower(limiter, leave);
    auto second = parked_borrower(limiter, leave);
    EXPECT_EQ(limiter.statistics().waiting, 2u);
    limiter.release();
    EXPECT_FALSE(limiter.try_acquire());
    EXPECT_EQ(limiter.statistics().borrowed, 1u);
    EXPECT_EQ(limiter.statistics().waiting, 1u);
    leave.set();
    first.get();
    second.get();
    EXPECT_EQ(limiter.statistics().borrowed, 0u);
  });
}

// C4
TEST_P(CapacityLimiterOn, ACancelledWaiterBorrowsNothing) {
  in_run([] {
    coir::capacity_limiter limiter(1);
    int guest = 0;
    limiter.acquire();
    auto waiter = coir::spawn([&] { limiter.acquire_on_behalf_of(&guest); });
    await_parked(waiter);
    EXPECT_THROW((void)limiter.try_acquire_on_behalf_of(&guest), std::logic_error);
    EXPECT_THROW(limiter.release_on_behalf_of(&guest), std::logic_error);
    waiter.cancel();
    EXPECT_THROW(waiter.get(), coir::cancelled);
    limiter.release();
    EXPECT_EQ(limiter.statistics().borrowed, 0u);
    EXPECT_TRUE(limiter.try_acquire_on_behalf_of(&guest));
    limiter.release_on_behalf_of(&guest);
  });
}

TEST_P(CapacityLimiterOn, RaisingTheTotalWakesAsManyAsThereAreNewTokens) {
  in_run([] {
    coir::capacity_limiter limiter(0);
    coir::event leave;
    auto first = parked_borrower(limiter, leave);
    auto second = parked_borrower(limiter, leave);
    auto third = parked_borrower(limiter, leave);
    limiter.set_total(2);
    EXPECT_EQ(limiter.statistics().borrowed, 2u);
    EXPECT_EQ(limiter.statistics().waiting, 1u);
    limiter.set_total(coir::capacity_limiter::unlimited);
    EXPECT_EQ(limiter.statistics().borrowed, 3u);
    leave.set();
    first.get();
    second.get();
    third.get();
  });
}

TEST_P(CapacityLimiterOnAny, ALowerTotalLetsNobodyInUntilEnoughHaveComeBack) {
  in_run([] {
    coir::capacity_limiter limiter(2);
    int a = 0, b = 0;
    limiter.acquire_on_behalf_of(&a);
    limiter.acquire_on_behalf_of(&b);
    limiter.set_total(1);
    EXPECT_EQ(limiter.total(), 1u);
    EXPECT_EQ(limiter.statistics().borrowed, 2u);
    limiter.release_on_behalf_of(&a);
    EXPECT_FALSE(limiter.try_acquire());
    limiter.release_on_behalf_of(&b);
    EXPECT_TRUE(limiter.try_acquire());
    limiter.release();
  });
}

// The token belongs to the borrower, not to the task that fetched it.
TEST_P(CapacityLimiterOnAny, AnyTaskMayReleaseOnBehalfOfABorrower) {
  in_run([] {
    coir::capacity_limiter limiter(1);
    int guest = 0;
    coir::spawn([&] { limiter.acquire_on_behalf_of(&guest); }).get();
    EXPECT_EQ(limiter.statistics().borrowed, 1u);
    coir::spawn([&] { limiter.release_on_behalf_of(&guest); }).get();
    EXPECT_EQ(limiter.statistics().borrowed, 0u);
  });
}

}  // namespace
}  // namespace contract
