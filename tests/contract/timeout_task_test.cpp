// SPDX-License-Identifier: BSL-1.0
/// timeout() of a task: it owns what it waits for.

#include <mutex>
#include <stdexcept>
#include <string>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class TimeoutTaskOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, TimeoutTaskOn, concurrent_models, model_name);

using TimeoutTaskInVirtualTime = virtual_run;

// C8: timeout() owns what it waits for
TEST_P(TimeoutTaskOn, WFR_07_CancellingAWaiterInATimeoutEndsTheTask) {
  in_run([] {
    coir::event never_set;
    bool cleaned = false;
    auto task = coir::spawn([&] {
      at_end const cleanup{[&] { cleaned = true; }};
      never_set.wait();
    });
    await_parked(task);
    auto waiter = coir::spawn([&] { coir::timeout(1h, task); });
    await_parked(waiter);
    waiter.cancel();
    EXPECT_THROW(waiter.get(), coir::cancelled);
    EXPECT_TRUE(task.done());
    EXPECT_TRUE(cleaned);
  });
}

// T4
TEST_P(TimeoutTaskOn, WFR_08_EndsATaskAndReturnsOnlyWhenItHasEnded) {
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
TEST_P(TimeoutTaskOn, WFR_03_ATaskThatAnswersTheDeadlineByReturningHasSucceeded) {
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
TEST_P(TimeoutTaskOn, ATaskInTimeGivesItsResult) {
  in_run([] {
    auto task = coir::spawn([] { return std::string("done"); });
    EXPECT_EQ(coir::timeout(1h, task), "done");
    auto failing = coir::spawn([] { throw std::out_of_range("mine"); });
    EXPECT_THROW(coir::timeout(1h, failing), std::out_of_range);
  });
}

// T1
TEST_P(TimeoutTaskOn, JoinForWaitsNoLongerThanItsLimitAndLeavesTheTaskAlone) {
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

using TimeoutTaskInVirtualTime = virtual_run;

// T1
TEST_F(TimeoutTaskInVirtualTime, WFR_02_ATaskThatEndsInTheTurnAfterTheWaitBeganGivesItsResult) {
  in_run([] {
    auto task = coir::spawn([] { return 4; });
    EXPECT_EQ(coir::timeout(1s, task), 4);
    auto other = coir::spawn([] {
      coir::yield();
      return 5;
    });
    EXPECT_EQ(coir::timeout(1ns, other), 5);
  });
}

// T1
TEST_P(TimeoutTaskOn, WFR_05_ATaskThatFailsInItsCleanupIsTold) {
  in_run([] {
    auto task = coir::spawn([] {
      try {
        coir::event().wait();
      } catch (coir::cancelled const&) {
        throw std::out_of_range("cleanup");
      }
    });
    await_parked(task);
    EXPECT_THROW(coir::timeout(1ms, task), std::out_of_range);
  });
}

// C4: the cancel of the waiter is not lost, and neither is the result
TEST(TimeoutTaskOnFibers, WFR_06_AResultAndACancelThatCoincideAreBothKept) {
  coir::run([] {
    coir::event end;
    auto task = coir::spawn([&] {
      end.wait();
      return 4;
    });
    auto waiter = coir::spawn([&] {
      coir::timeout(1h, task);
      coir::yield();
      ADD_FAILURE() << "went on";
    });
    await_parked(waiter);
    await_parked(task);
    end.set();
    task.on_done([&] { waiter.cancel(); });
    EXPECT_THROW(waiter.get(), coir::cancelled);
    EXPECT_EQ(task.get(), 4);
  });
}

// C4: the wait was over before the group was cancelled for this very failure
TEST_F(TimeoutTaskInVirtualTime, WFR_06_AFailureComesToItsWaiterThoughItCancelsItsGroup) {
  in_run([] {
    coir::exception_group const errors = failure_of([] {
      coir::group([](coir::task_group& g) {
        auto task = g.spawn([] {
          coir::sleep_for(1s);
          throw std::out_of_range("the task");
        });
        EXPECT_THROW(coir::timeout(1h, task), std::out_of_range);
        throw std::length_error("the body");
      });
    });
    EXPECT_STREQ(errors.what(), "2 failures: the task; the body");
  });
}

// C8, T4
TEST_F(TimeoutTaskInVirtualTime, WFR_08_ATaskThatTakesItsTimeToEndIsWaitedFor) {
  in_run([&] {
    auto task = coir::spawn([] {
      try {
        coir::event().wait();
      } catch (coir::cancelled const&) {
        coir::shield([] { coir::sleep_for(200ms); });
      }
    });
    EXPECT_THROW(coir::timeout(1s, task), coir::timeout_error);
    EXPECT_TRUE(task.done());
    EXPECT_EQ(elapsed(), 1200ms);
  });
}

// C8: who only joins leaves the task to itself
TEST_F(TimeoutTaskInVirtualTime, WFR_09_ATimeoutAroundAJoinLeavesTheTaskToItsEnd) {
  in_run([&] {
    auto task = coir::spawn([] {
      coir::sleep_for(5s);
      return 8;
    });
    EXPECT_THROW(coir::timeout(1s, [&] { task.get(); }), coir::timeout_error);
    EXPECT_THROW(coir::timeout(0s, [&] { task.get(); }), coir::timeout_error);
    EXPECT_FALSE(task.done());
    EXPECT_EQ(coir::timeout_at(coir::never, [&] { return task.get(); }), 8);
    EXPECT_EQ(elapsed(), 5s);
  });
}

// T4: after the timeout of a condition's wait the lock is held
TEST_P(TimeoutTaskOn, WFR_10_ATimeoutAroundAConditionsWaitLeavesTheLockHeld) {
  in_run([] {
    coir::mutex mutex;
    coir::condition_variable changed;
    std::unique_lock lock(mutex);
    EXPECT_THROW(coir::timeout(1ms, [&] { changed.wait(lock); }), coir::timeout_error);
    EXPECT_TRUE(lock.owns_lock());
    lock.unlock();
    EXPECT_FALSE(mutex.is_locked());
  });
}

// T1: an inner timeout_error passes, and the scope around has not expired
TEST_F(TimeoutTaskInVirtualTime, WFR_11_ATimeoutErrorOfTheTasksOwnPassesThrough) {
  in_run([&] {
    auto task = coir::spawn([] { coir::timeout(1s, [] { coir::sleep_for(1h); }); });
    EXPECT_THROW(coir::timeout(1h, task), coir::timeout_error);
    EXPECT_EQ(elapsed(), 1s);
    EXPECT_FALSE(task.cancelled());
  });
}

// T1: judged once the task has really ended
TEST_F(TimeoutTaskInVirtualTime, TMO_07_AnOuterDeadlineThatComesWhileTheTaskEndsWins) {
  in_run([&] {
    auto task = coir::spawn([] {
      try {
        coir::event().wait();
      } catch (coir::cancelled const&) {
        coir::shield([] { coir::sleep_for(5s); });
        throw;
      }
    });
    bool passed = false;
    EXPECT_THROW(coir::timeout(2s,
                               [&] {
                                 try {
                                   coir::timeout(1s, task);
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

}  // namespace
}  // namespace contract
