// SPDX-License-Identifier: BSL-1.0
/// Shields against cancels from outside.

#include <atomic>
#include <string>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class CancelShieldOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, CancelShieldOnAny, all_models, model_name);

class CancelShieldOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, CancelShieldOn, concurrent_models, model_name);

// C9
TEST_P(CancelShieldOnAny, SCP_01_AShieldKeepsOuterCancelsOutUntilItIsLeft) {
  in_run([] {
    coir::cancel_scope scope;
    bool completed = false;
    bool after = false;
    EXPECT_FALSE(scope.run([&] {
      scope.cancel();
      coir::shield([&] {
        coir::yield();
        coir::sleep_for(1us);
        completed = true;
      });
      after = true;
    }));
    EXPECT_TRUE(completed);
    EXPECT_FALSE(after);
  });
}

// C9
TEST_P(CancelShieldOn, SCP_01_AShieldedTaskIsNotWokenByACancel) {
  in_run([] {
    coir::event set;
    std::atomic<bool> completed = false;
    auto task = coir::spawn([&] {
      coir::shield([&] {
        set.wait();
        completed = true;
      });
      ADD_FAILURE() << "went on";
    });
    await_parked(task);
    task.cancel();
    EXPECT_FALSE(completed);
    set.set();
    EXPECT_THROW(task.get(), coir::cancelled);
    EXPECT_TRUE(completed);
  });
}

// C9: its own deadline still counts
TEST_P(CancelShieldOnAny, SCP_01_ADeadlineInsideAShieldStillCounts) {
  in_run([] {
    coir::shield([] { EXPECT_FALSE(coir::move_on_after(1ms, [] { coir::sleep_for(1h); })); });
  });
}

// C9: a shield returns what its function returns
TEST_P(CancelShieldOnAny, AShieldReturnsTheResult) {
  in_run([] {
    int number = 4;
    EXPECT_EQ(coir::shield([] { return std::string("kept"); }), "kept");
    int& same = coir::shield([&]() -> int& { return number; });
    EXPECT_EQ(&same, &number);
  });
}

// C9: taking the shield away lets the cancel in
TEST_P(CancelShieldOnAny, SCP_01_TakingTheShieldFromAScopeLetsThePendingCancelIn) {
  in_run([] {
    coir::cancel_scope outer;
    bool undisturbed = false;
    EXPECT_FALSE(outer.run([&] {
      coir::cancel_scope inner;
      inner.set_shielded(true);
      outer.cancel();
      inner.run([&] {
        coir::yield();
        undisturbed = true;
        inner.set_shielded(false);
        coir::yield();
        ADD_FAILURE() << "went on";
      });
      ADD_FAILURE() << "absorbed by the inner scope";
    }));
    EXPECT_TRUE(undisturbed);
  });
}

// C9: while somebody is parked behind it
TEST_P(CancelShieldOn, SCP_02_TakingTheShieldAwayWakesWhoIsParkedBehindIt) {
  in_run([] {
    coir::cancel_scope scope;
    scope.set_shielded(true);
    std::atomic<int> cancelled = 0;
    auto task = coir::spawn([&] {
      scope.run([&] {
        coir::group([&](coir::task_group& g) {
          g.spawn([&] { wait_for_cancel(cancelled); });
          wait_for_cancel(cancelled);
        });
      });
    });
    await_parked(task);
    while (task.record().innermost == &task.record().root) coir::yield();
    task.cancel();
    await_parked(task);
    EXPECT_EQ(cancelled, 0);
    scope.set_shielded(false);
    EXPECT_THROW(task.get(), coir::cancelled);
    EXPECT_GE(cancelled, 1);  // on threads the child may not have begun
  });
}

// C9: what hangs below a task is not behind its shield
TEST_P(CancelShieldOn, SCP_10_AnOuterCancelReachesTheTasksOfAHostThatIsShielded) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::event shielded;
    auto host = coir::spawn([&] {
      coir::group([&](coir::task_group& g) {
        auto child = g.spawn([&] { wait_for_cancel(cancelled); });
        await_parked(child);
        coir::shield([&] {
          shielded.set();
          child.join();  // ends, because the cancel gets there past the shield
        });
        ADD_FAILURE() << "a shield is left without a look";
      });
    });
    shielded.wait();
    host.cancel();
    EXPECT_THROW(host.get(), coir::cancelled);
    EXPECT_EQ(cancelled, 1);
  });
}

// C9
TEST_P(CancelShieldOnAny, SCP_11_AfterTheInnermostOfThreeScopesThePendingCancelIsDeliveredAgain) {
  in_run([] {
    for (bool const cancel_outer : {true, false}) {
      coir::cancel_scope outer;
      coir::cancel_scope middle;
      bool behind_shield = false;
      bool after_middle = false;
      bool const whole = outer.run([&] {
        middle.run([&] {
          (cancel_outer ? outer : middle).cancel();
          coir::cancel_scope inner;
          inner.set_shielded(true);
          inner.run([&] {
            coir::yield();
            behind_shield = true;
          });
          coir::yield();
          ADD_FAILURE() << "went on";
        });
        after_middle = true;
        coir::yield();
      });
      EXPECT_TRUE(behind_shield);
      EXPECT_EQ(whole, !cancel_outer);
      EXPECT_EQ(after_middle, !cancel_outer);
    }
  });
}

// C9: a shielded scope's own deadline ends it, while an outer cancel waits outside
TEST_P(CancelShieldOnAny, TMO_19_AShieldedScopeEndsAtItsOwnDeadline) {
  in_run([] {
    coir::cancel_scope outer;
    bool ended = false;
    EXPECT_FALSE(outer.run([&] {
      outer.cancel();
      coir::cancel_scope inner(1ms);
      inner.set_shielded(true);
      EXPECT_FALSE(inner.run([] { coir::sleep_for(1h); }));
      ended = true;
      coir::yield();
    }));
    EXPECT_TRUE(ended);
  });
}

// C3, C9: a timeout in the handler of a cancel that nobody has taken back yet is its own
TEST_P(CancelShieldOn, TMO_13_ATimeoutInTheHandlerOfACancelWorksInAShieldAndAfterUncancel) {
  in_run([] {
    auto const expires = [] {
      EXPECT_THROW(coir::timeout(1ms, [] { coir::sleep_for(1h); }), coir::timeout_error);
    };
    auto task = coir::spawn([&] {
      try {
        coir::event().wait();
      } catch (coir::cancelled const&) {
        EXPECT_THROW(coir::shield([&] { expires(); }), coir::cancelled);
        EXPECT_THROW(coir::timeout(1h, [] { coir::yield(); }), coir::cancelled);
        EXPECT_EQ(coir::this_task::uncancel(), 0u);
        expires();
      }
      return 3;
    });
    await_parked(task);
    task.cancel();
    EXPECT_EQ(task.get(), 3);
  });
}

}  // namespace
}  // namespace contract
