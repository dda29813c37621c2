// SPDX-License-Identifier: BSL-1.0
/// Cancelling a sleep: no timer and no work is left of it.

#include <cstddef>

#include <coir/timer/timer.hpp>

#include "contract/models.hpp"

namespace contract {
namespace {

class CancelSleepOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, CancelSleepOn, concurrent_models, model_name);

using CancelSleepInVirtualTime = virtual_run;

// C1: a cancelled sleep takes its timer along
TEST_P(CancelSleepOn, CXL_20_ACancelledSleepLeavesNoTimer) {
  in_run([] {
    auto task = coir::spawn([] {
      coir::detail::task_core const& self = *coir::detail::current_task();
      std::size_t const before = self.timers->size();
      try {
        coir::sleep_for(1h);
      } catch (coir::cancelled const&) {
        return self.timers->size() == before;
      }
      return false;
    });
    await_parked(task);
    task.cancel();
    EXPECT_TRUE(task.get());
  });
}

// T2
TEST(CancelSleepOnFibers, CXL_20_ASleepOfNothingIsOneYield) {
  coir::run([] {
    for (auto const delay : {0s, -1s}) {
      int turns = 0;
      auto other = coir::spawn([&] {
        for (int i = 0; i < 3; ++i) {
          ++turns;
          coir::yield();
        }
      });
      coir::sleep_for(delay);
      EXPECT_EQ(turns, 1);
      other.join();
    }
  });
}

// C3: once nobody is left to cancel, nothing is delivered again and again: time can go on
TEST_F(CancelSleepInVirtualTime, CXL_21_ACancelledScopeWhoseTasksHaveEndedLeavesTheRunAtRest) {
  in_run([&] {
    coir::cancel_scope scope;
    EXPECT_FALSE(scope.run([&] {
      coir::group([&](coir::task_group& g) {
        g.spawn([] {}).join();
        scope.cancel();
        coir::shield([] { coir::sleep_for(1h); });
      });
    }));
    EXPECT_EQ(elapsed(), 1h);
  });
}

// T3: a timeout for every operation of a server leaves nothing behind
TEST(CancelSleepOnFibers, RUN_11_DeadlinesThatWereNotNeededDoNotAccumulate) {
  coir::run([] {
    auto const live = coir::spawn([] { coir::sleep_for(1h); });
    await_parked(live);
    coir::event set;
    set.set();
    coir::queue<int> q;
    coir::event never_set;
    for (int i = 0; i < 1000; ++i) {
      coir::timeout(1h, [&] { set.wait(); });
      auto getter = coir::spawn([&] { return q.get_for(2h); });
      auto victim = coir::spawn([&] { (void)never_set.wait_for(3h); });
      coir::yield();
      EXPECT_EQ(coir::statistics().timers, 3u);
      q.put(i);
      victim.cancel();
      EXPECT_EQ(getter.get(), i);
      victim.join();
      ASSERT_EQ(coir::statistics().timers, 1u);
    }
    EXPECT_FALSE(live.done());
  });
}

}  // namespace
}  // namespace contract
