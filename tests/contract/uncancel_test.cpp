// SPDX-License-Identifier: BSL-1.0
/// Counting requests, taking them back, and tasks that cancel themselves.

#include "contract/models.hpp"

namespace contract {
namespace {

class UncancelOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, UncancelOnAny, all_models, model_name);

class UncancelOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, UncancelOn, concurrent_models, model_name);

// C3
TEST_P(UncancelOn, CXL_13_UncancelTakesOneRequestBack) {
  in_run([] {
    coir::event never_set;
    coir::event set;
    set.set();
    auto task = coir::spawn([&] {
      try {
        never_set.wait();
      } catch (coir::cancelled const&) {
        EXPECT_EQ(coir::this_task::cancelling(), 1u);
        EXPECT_EQ(coir::this_task::uncancel(), 0u);
      }
      set.wait();
      coir::yield();
      return coir::this_task::cancelling();
    });
    await_parked(task);
    task.cancel();
    EXPECT_EQ(task.get(), 0u);
    EXPECT_FALSE(task.cancelled());
  });
}

// C3
TEST(UncancelOnFibers, CXL_13_UncancelOfOneOfTwoRequestsLeavesTheTaskCancelled) {
  coir::run([] {
    coir::event never_set;
    auto task = coir::spawn([&] {
      try {
        never_set.wait();
      } catch (coir::cancelled const&) {
        EXPECT_EQ(coir::this_task::cancelling(), 2u);
        EXPECT_EQ(coir::this_task::uncancel(), 1u);
      }
      EXPECT_THROW(coir::yield(), coir::cancelled);
      EXPECT_EQ(coir::this_task::uncancel(), 0u);
      coir::yield();
    });
    await_parked(task);
    task.cancel();
    task.cancel();
    task.get();
  });
}

// C3: there is nothing to take back
TEST_P(UncancelOnAny, CXL_13_UncancelWithoutARequestDoesNothing) {
  in_run([] {
    EXPECT_EQ(coir::this_task::cancelling(), 0u);
    EXPECT_EQ(coir::this_task::uncancel(), 0u);
  });
}

/// The handle of a task, for the task itself.
struct own_handle {
  coir::task<int> task;
  coir::event given;
};

// C2
TEST_P(UncancelOn, CXL_03_ATaskThatCancelsItselfIsInterruptedAtItsFirstSuspension) {
  in_run([] {
    own_handle own;
    bool went_on = false;
    own.task = coir::spawn([&] {
      own.given.wait();
      EXPECT_TRUE(own.task.cancel());
      went_on = true;
      coir::event().wait();
      return 0;
    });
    own.given.set();
    EXPECT_THROW(own.task.get(), coir::cancelled);
    EXPECT_TRUE(went_on);
    EXPECT_TRUE(own.task.cancelled());
  });
}

// C7
TEST_P(UncancelOn, CXL_04_ATaskThatCancelsItselfAndReturnsHasFinished) {
  in_run([] {
    own_handle own;
    own.task = coir::spawn([&] {
      own.given.wait();
      own.task.cancel();
      return 7;
    });
    own.given.set();
    EXPECT_EQ(own.task.get(), 7);
    EXPECT_FALSE(own.task.cancelled());
  });
}

// C8: a wait for another task is not begun, and that task is left alone
TEST_P(UncancelOn, CXL_05_ATaskThatCancelsItselfLeavesTheTaskItThenJoinsAlone) {
  in_run([] {
    own_handle own;
    coir::event end;
    auto other = coir::spawn([&] {
      end.wait();
      return 1;
    });
    own.task = coir::spawn([&] {
      own.given.wait();
      own.task.cancel();
      return other.get();
    });
    own.given.set();
    EXPECT_THROW(own.task.get(), coir::cancelled);
    EXPECT_FALSE(other.done());
    end.set();
    EXPECT_EQ(other.get(), 1);
  });
}

// C3
TEST(UncancelOnFibers, CXL_11_TwoCancelsBeforeTheDeliveryAreOneDeliveryAndTwoRequests) {
  coir::run([] {
    int deliveries = 0;
    auto task = coir::spawn([&] {
      try {
        coir::event().wait();
      } catch (coir::cancelled const&) {
        ++deliveries;
      }
      return coir::this_task::cancelling();
    });
    await_parked(task);
    task.cancel();
    task.cancel();
    EXPECT_EQ(task.get(), 2u);
    EXPECT_EQ(deliveries, 1);
  });
}

// C3: a request that is taken back before a suspension is never seen
TEST_P(UncancelOn, CXL_12_ARequestThatIsTakenBackInTimeIsNeverDelivered) {
  in_run([] {
    own_handle own;
    own.task = coir::spawn([&] {
      own.given.wait();
      own.task.cancel("first");
      EXPECT_EQ(coir::this_task::uncancel(), 0u);
      coir::yield();
      own.task.cancel("second");
      try {
        coir::yield();
      } catch (coir::cancelled const& c) {
        EXPECT_EQ(c.reason().text(), "second");  // the first one is over
        EXPECT_EQ(coir::this_task::uncancel(), 0u);
        return 1;
      }
      return 0;
    });
    own.given.set();
    EXPECT_EQ(own.task.get(), 1);
  });
}

// T1, SCP: what a scope absorbs is not the task's, and its counter shows nothing of it
TEST_P(UncancelOnAny, SCP_19_CXL_13_AScopeTakesNothingFromTheTasksCounter) {
  in_run([] {
    coir::cancel_scope scope;
    EXPECT_FALSE(scope.run([&] {
      scope.cancel();
      EXPECT_EQ(coir::this_task::cancelling(), 0u);
      coir::yield();
    }));
    EXPECT_EQ(coir::this_task::cancelling(), 0u);
    EXPECT_THROW(coir::timeout(0s, [] { coir::yield(); }), coir::timeout_error);
    EXPECT_EQ(coir::this_task::cancelling(), 0u);
  });
}

// The task's own request outlives the scopes that were cancelled with it
TEST_P(UncancelOn, SCP_19_LeavingACancelledScopeDoesNotTakeBackTheTasksCancel) {
  in_run([] {
    own_handle own;
    own.task = coir::spawn([&] {
      own.given.wait();
      coir::cancel_scope scope;
      EXPECT_THROW(scope.run([&] {
        scope.cancel();
        own.task.cancel();
        coir::yield();
      }),
                   coir::cancelled);
      EXPECT_EQ(coir::this_task::cancelling(), 1u);
      EXPECT_THROW(coir::yield(), coir::cancelled);
      return static_cast<int>(coir::this_task::uncancel());
    });
    own.given.set();
    EXPECT_EQ(own.task.get(), 0);
  });
}

}  // namespace
}  // namespace contract
