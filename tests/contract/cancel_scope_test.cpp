// SPDX-License-Identifier: BSL-1.0
/// Cancel scopes: a region that can be cancelled and has a deadline.

#include <atomic>
#include <functional>
#include <stdexcept>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class ScopeOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, ScopeOnAny, all_models, model_name);

class ScopeOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, ScopeOn, concurrent_models, model_name);

// C3, on every model, in a scope
TEST_P(ScopeOnAny, SCP_12_ACancelledScopeThrowsAtEverySuspensionInsideAndNoneOutside) {
  in_run([] {
    coir::cancel_scope scope;
    coir::event set;
    set.set();
    EXPECT_FALSE(scope.run([&] {
      scope.cancel();
      EXPECT_THROW(coir::this_task::checkpoint(), coir::cancelled);
      EXPECT_THROW(coir::yield(), coir::cancelled);
      EXPECT_THROW(coir::sleep_for(1h), coir::cancelled);
      EXPECT_THROW(set.wait(), coir::cancelled);
      coir::this_task::checkpoint();
      FAIL() << "went on";
    }));
    set.wait();
    coir::yield();
  });
}

// C2: code that does not suspend is not interrupted
TEST_P(ScopeOnAny, SCP_04_CodeThatNeverSuspendsComesToItsEnd) {
  in_run([] {
    coir::cancel_scope scope;
    scope.cancel();
    EXPECT_EQ(scope.run([] { return 5; }), 5);
    EXPECT_TRUE(scope.cancel_called());
  });
}

// T1, C9: a scope absorbs only its own cancel
TEST_P(ScopeOnAny, SCP_04_OfTwoCancelledScopesTheOuterAbsorbs) {
  in_run([] {
    coir::cancel_scope outer;
    coir::cancel_scope inner;
    bool after_inner = false;
    EXPECT_FALSE(outer.run([&] {
      inner.run([&] {
        inner.cancel("inner");
        outer.cancel("outer");
        try {
          coir::yield();
        } catch (coir::cancelled const& e) {
          EXPECT_EQ(e.reason().text(), "outer");
          throw;
        }
      });
      after_inner = true;
    }));
    EXPECT_FALSE(after_inner);
  });
}

// C1: a request from before run() counts, one after does nothing
TEST_P(ScopeOnAny, SCP_06_AScopeRemembersACancelFromBeforeItsRun) {
  in_run([] {
    coir::cancel_scope scope;
    EXPECT_FALSE(scope.cancel_called());
    scope.cancel("early");
    EXPECT_TRUE(scope.cancel_called());
    EXPECT_FALSE(scope.run([] {
      try {
        coir::yield();
      } catch (coir::cancelled const& e) {
        EXPECT_EQ(e.reason().text(), "early");
        throw;
      }
    }));
    scope.cancel();
    coir::yield();
  });
}

// C1
TEST_P(ScopeOnAny, SCP_06_TMO_17_ASecondRunOfAScopeIsALogicError) {
  in_run([] {
    coir::cancel_scope scope;
    EXPECT_TRUE(scope.run([] {}));
    EXPECT_THROW(scope.run([] {}), std::logic_error);
    EXPECT_FALSE(scope.cancel_called());
  });
}

// C1
TEST_P(ScopeOn, AScopeIsCancelledByAnotherTask) {
  in_run([] {
    coir::cancel_scope scope;
    coir::event inside;
    auto task = coir::spawn([&] {
      bool const whole = scope.run([&] {
        inside.set();
        coir::event().wait();
      });
      coir::yield();  // outside nothing is left of it
      return whole;
    });
    inside.wait();
    scope.cancel();
    EXPECT_FALSE(task.get());
    EXPECT_TRUE(scope.cancel_called());
  });
}

// C1: tasks of a group inside a scope go with it
TEST_P(ScopeOn, SCP_03_CancellingAScopeEndsTheGroupsInsideIt) {
  in_run([] {
    coir::cancel_scope scope;
    std::atomic<int> cancelled = 0;
    EXPECT_FALSE(scope.run([&] {
      coir::group([&](coir::task_group& g) {
        for (int i = 0; i < 3; ++i)
          await_parked(g.spawn([&] {
            at_end const note{[&] { ++cancelled; }};
            coir::event().wait();
          }));
        scope.cancel();
      });
      ADD_FAILURE() << "went on";
    }));
    EXPECT_EQ(cancelled, 3);
  });
}

// C1: a request that nobody suspended under has ended nothing
TEST_P(ScopeOnAny, SCP_04_AScopeThatIsLeftBeforeASuspensionDeliversNothing) {
  in_run([] {
    coir::cancel_scope scope;
    EXPECT_TRUE(scope.run([&] { scope.cancel(); }));
    EXPECT_TRUE(scope.cancel_called());
    coir::yield();
  });
}

// C1: to all descendants of nested groups
TEST_P(ScopeOn, SCP_03_ACancelReachesAllDescendantsOfNestedGroups) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    std::atomic<int> parked = 0;
    std::function<void(int)> const family = [&](int depth) {
      coir::group([&](coir::task_group& g) {
        for (int i = 0; i < 2; ++i) {
          if (depth > 0) {
            g.spawn([&, depth] { family(depth - 1); });
          } else {
            await_parked(g.spawn([&] { wait_for_cancel(cancelled); }));
            ++parked;
          }
        }
      });
    };
    coir::cancel_scope scope;
    auto task = coir::spawn([&] { return scope.run([&] { family(3); }); });
    while (parked < 16) coir::yield();
    scope.cancel();
    EXPECT_FALSE(task.get());
    EXPECT_EQ(cancelled, 16);
  });
}

// G2: only failures are in the group that comes out
TEST_P(ScopeOn, SCP_08_OfAMixedGroupOnlyTheFailuresLeaveACancelledScope) {
  in_run([] {
    coir::cancel_scope scope;
    std::atomic<int> cancelled = 0;
    coir::exception_group const errors = failure_of([&] {
      scope.run([&] {
        coir::group([&](coir::task_group& g) {
          await_parked(g.spawn([&] { wait_for_cancel(cancelled); }));
          await_parked(g.spawn([] {
            try {
              coir::event().wait();
            } catch (coir::cancelled const&) {
              throw std::out_of_range("cleanup");
            }
          }));
          scope.cancel();
          coir::yield();
        });
      });
    });
    EXPECT_STREQ(errors.what(), "1 failure: cleanup");
    EXPECT_EQ(cancelled, 1);
  });
}

// S4: which of them switch, and which only look
TEST(ScopeOnFibers, SCP_12_ACheckpointLooksForACancelAndDoesNotSwitch) {
  coir::run([] {
    bool ran = false;
    auto other = coir::spawn([&] { ran = true; });
    coir::this_task::checkpoint();
    EXPECT_FALSE(ran);
    coir::cancel_scope scope;
    scope.cancel();
    EXPECT_FALSE(scope.run([&] {
      coir::shield([&] { coir::this_task::checkpoint(); });
      ADD_FAILURE() << "a shield is left without a look";
    }));
    EXPECT_FALSE(ran);
    other.join();
  });
}

}  // namespace
}  // namespace contract
