// SPDX-License-Identifier: BSL-1.0
/// Shielding a wait for a task: its waiter may go, the task goes on.

#include <atomic>
#include <optional>
#include <stdexcept>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class ShieldOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, ShieldOn, concurrent_models, model_name);

// C8: a get() is asyncio's `await shield(task)`
TEST_P(ShieldOn, SHD_01_ACancelledWaiterLeavesTheTaskToItsEnd) {
  in_run([] {
    coir::event set;
    auto inner = coir::spawn([&] {
      set.wait();
      return 4;
    });
    auto waiter = coir::spawn([&] { inner.get(); });
    await_parked(waiter);
    waiter.cancel();
    EXPECT_THROW(waiter.get(), coir::cancelled);
    EXPECT_FALSE(inner.done());
    set.set();
    EXPECT_EQ(inner.get(), 4);
  });
}

// C9: what is shielded goes on to its end, and only then the cancel is delivered
TEST_P(ShieldOn, SHD_01_AShieldedGatherIsCompletedBeforeTheCancelIsDelivered) {
  in_run([] {
    coir::event set;
    std::atomic<int> done = 0;
    auto waiter = coir::spawn([&] {
      auto const work = [&] {
        set.wait();
        ++done;
      };
      coir::shield([&] { coir::gather(work, work); });
      ADD_FAILURE() << "went on";
    });
    await_parked(waiter);
    waiter.cancel();
    EXPECT_FALSE(waiter.done());
    set.set();
    EXPECT_THROW(waiter.get(), coir::cancelled);
    EXPECT_EQ(done, 2);
  });
}

// C9, C7
TEST_P(ShieldOn, SHD_03_WhoWaitsForATaskThatOthersCancelGetsCancelled) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    auto inner = coir::spawn([&] { wait_for_cancel(cancelled); });
    auto waiter = coir::spawn([&] {
      EXPECT_THROW(coir::shield([&] { inner.get(); }), coir::cancelled);
      EXPECT_EQ(coir::this_task::cancelling(), 0u);
      coir::yield();  // it was not the waiter's own
      return true;
    });
    await_parked(inner);
    await_parked(waiter);
    inner.cancel();
    EXPECT_TRUE(waiter.get());
  });
}

// C9: the cancel is delivered on leaving the shield, and the value is still with its task
TEST(ShieldOnFibers, SHD_05_ATaskThatEndsWithItsWaitersCancelKeepsItsValue) {
  coir::run([] {
    coir::event set;
    auto inner = coir::spawn([&] {
      set.wait();
      return 4;
    });
    auto waiter = coir::spawn([&] { return coir::shield([&] { return inner.get(); }); });
    await_parked(waiter);
    await_parked(inner);
    set.set();
    waiter.cancel();
    EXPECT_THROW(waiter.get(), coir::cancelled);
    EXPECT_EQ(inner.get(), 4);
  });
}

// C4: without a shield the wait that has succeeded returns, and the next suspension throws
TEST(ShieldOnFibers, SHD_05_WithoutAShieldCompletionWins) {
  coir::run([] {
    coir::event set;
    auto inner = coir::spawn([&] {
      set.wait();
      return 4;
    });
    auto waiter = coir::spawn([&] {
      EXPECT_EQ(inner.get(), 4);
      EXPECT_THROW(coir::yield(), coir::cancelled);
      return true;
    });
    await_parked(waiter);
    await_parked(inner);
    set.set();
    coir::yield();
    EXPECT_TRUE(inner.done());
    waiter.cancel();
    EXPECT_TRUE(waiter.get());
  });
}

}  // namespace
}  // namespace contract
