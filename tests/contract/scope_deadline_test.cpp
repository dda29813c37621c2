// SPDX-License-Identifier: BSL-1.0
/// Deadlines of cancel scopes, moved and met.

#include <stdexcept>

#include "contract/models.hpp"

namespace contract {
namespace {

class ScopeDeadlineOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, ScopeDeadlineOnAny, all_models, model_name);

using ScopeDeadlineInVirtualTime = virtual_run;

// T1, T2
TEST_P(ScopeDeadlineOnAny, SCP_06_AScopeWithADeadlineThatHasComeEndsAtTheFirstSuspension) {
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
TEST_P(ScopeDeadlineOnAny, TMO_16_TMO_21_MovingADeadlineIntoThePastCancelsAtOnce) {
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

// T1: the thread that serves a deadline moves it, and who may not has changed nothing
TEST(ScopeDeadlineOnThreads, ADeadlineThatCannotBeMovedStaysWhatItWas) {
  coir::run({.model = coir::model::threads}, [] {
    coir::time_point const before = coir::now() + 1h;
    coir::cancel_scope scope(before);
    auto task = coir::spawn([&] { return scope.run([] { coir::event().wait(); }); });
    await_parked(task);
    EXPECT_THROW(scope.set_deadline(coir::now()), std::logic_error);
    EXPECT_EQ(scope.deadline(), before);
    scope.cancel();
    EXPECT_FALSE(task.get());
  });
}

// T2: a relative time of a scope counts from its making
TEST_F(ScopeDeadlineInVirtualTime, SCP_06_ADeadlineFromBeforeTheRunOfAScopeCounts) {
  in_run([&] {
    coir::cancel_scope scope(3s);
    coir::sleep_for(2s);
    EXPECT_FALSE(scope.run([] { coir::sleep_for(1h); }));
    EXPECT_EQ(elapsed(), 3s);
  });
}

// T1
TEST_F(ScopeDeadlineInVirtualTime, TMO_16_ADeadlineCanBeMovedBothWays) {
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
TEST_F(ScopeDeadlineInVirtualTime, TMO_16_AnotherTaskMovesTheDeadlineOfAParkedOne) {
  in_run([&] {
    coir::cancel_scope scope(1h);
    auto task = coir::spawn([&] { return scope.run([] { coir::event().wait(); }); });
    await_parked(task);
    scope.set_deadline(coir::now() + 2s);
    EXPECT_FALSE(task.get());
    EXPECT_EQ(elapsed(), 2s);
  });
}

// T1: a scope's own cancel before its deadline ends it in silence, and its deadline is gone with it
TEST_F(ScopeDeadlineInVirtualTime, TMO_22_AnExplicitCancelBeforeTheDeadlineEndsTheScopeInSilence) {
  in_run([&] {
    coir::cancel_scope scope(1h);
    EXPECT_FALSE(scope.run([&] {
      scope.cancel("enough");
      try {
        coir::sleep_for(2h);
      } catch (coir::cancelled const& c) {
        EXPECT_EQ(c.reason().cause(), coir::cancel_cause::requested);
        coir::shield([] { coir::sleep_for(3h); });  // the deadline passes: the first reason stands
        ADD_FAILURE() << "a shield is left without a look";
      }
    }));
    EXPECT_EQ(elapsed(), 3h);
    coir::sleep_for(1h);
  });
}

// T1: a deadline that is moved once the scope is left, or was cut short, does nothing
TEST_F(ScopeDeadlineInVirtualTime, TMO_16_ADeadlineThatIsMovedAfterTheScopeWasLeftDoesNothing) {
  in_run([&] {
    coir::cancel_scope scope(1h);
    EXPECT_TRUE(scope.run([] {}));
    scope.set_deadline(coir::now() - 1s);
    scope.set_shielded(true);
    coir::sleep_for(2h);
    EXPECT_FALSE(scope.cancel_called());
  });
}

// T1: of the deadlines around it the earliest ends a wait, however they are nested
TEST_F(ScopeDeadlineInVirtualTime, TMO_21_TheEarliestOfTheDeadlinesAroundAWaitEndsIt) {
  in_run([&] {
    coir::cancel_scope outer(3s);
    coir::cancel_scope inner(5s);
    EXPECT_FALSE(outer.run([&] {
      EXPECT_FALSE(coir::move_on_after(1s, [] { coir::sleep_for(1h); }));
      inner.run([&] {
        outer.set_deadline(coir::now() + 1s);
        coir::sleep_for(1h);
      });
      ADD_FAILURE() << "absorbed by the inner scope";
    }));
    EXPECT_EQ(elapsed(), 2s);
  });
}

}  // namespace
}  // namespace contract
