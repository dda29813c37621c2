// SPDX-License-Identifier: BSL-1.0
/// Cancelling on every model: where it goes, when it is delivered, who absorbs it.

#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "contract/models.hpp"

namespace contract {
namespace {

class CancelOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, CancelOnAny, all_models, model_name);

class CancelOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, CancelOn, concurrent_models, model_name);

using CancelInVirtualTime = virtual_run;

static_assert(!std::is_base_of_v<std::exception, coir::cancelled>);  // C2

/// Calls a function when it goes.
template <class F>
struct at_end {
  F f;
  ~at_end() { f(); }
};
template <class F>
at_end(F) -> at_end<F>;

// C1, C2
TEST_P(CancelOn, AParkedTaskWakesAtOnce) {
  in_run([] {
    coir::event never_set;
    auto task = coir::spawn([&] { never_set.wait(); });
    await_parked(task);
    EXPECT_TRUE(task.cancel("enough"));
    task.join();
    EXPECT_TRUE(task.cancelled());
    try {
      task.get();
      FAIL();
    } catch (coir::cancelled const& e) {
      EXPECT_EQ(e.reason().cause(), coir::cancel_cause::requested);
      EXPECT_EQ(e.reason().text(), "enough");
    }
  });
}

// C7
TEST(CancelOnFibers, ATaskCancelledBeforeItsFirstStepNeverStarts) {
  coir::run([] {
    bool started = false;
    auto task = coir::spawn([&] { started = true; });
    EXPECT_TRUE(task.cancel());
    task.join();
    EXPECT_FALSE(started);
    EXPECT_TRUE(task.cancelled());
    EXPECT_THROW(task.get(), coir::cancelled);
  });
}

// C7, on every model: a task of a cancelled group never starts
TEST_P(CancelOnAny, ATaskOfACancelledGroupNeverStarts) {
  in_run([] {
    bool started = false;
    coir::group([&](coir::task_group& g) {
      g.cancel();
      g.spawn([&] { started = true; });
    });
    EXPECT_FALSE(started);
  });
}

// C7
TEST_P(CancelOnAny, CancellingAFinishedTaskIsRefused) {
  in_run([] {
    auto task = coir::spawn([] { return 1; });
    task.join();
    EXPECT_FALSE(task.cancel());
    EXPECT_FALSE(task.cancelled());
    EXPECT_EQ(task.get(), 1);
  });
}

// C7
TEST_P(CancelOn, ATaskThatReturnsAfterCatchingItsCancelIsFinished) {
  in_run([] {
    coir::event never_set;
    auto task = coir::spawn([&] {
      try {
        never_set.wait();
      } catch (coir::cancelled const&) {
      }
      return 7;
    });
    await_parked(task);
    task.cancel();
    EXPECT_EQ(task.get(), 7);
    EXPECT_FALSE(task.cancelled());
  });
}

// C3
TEST_P(CancelOn, ACancelIsDeliveredAtEverySuspensionUntilTheScopeIsLeft) {
  in_run([] {
    coir::event never_set;
    int deliveries = 0;
    auto task = coir::spawn([&] {
      for (int i = 0; i < 5; ++i) {
        try {
          never_set.wait();
        } catch (...) {
          ++deliveries;
        }
      }
    });
    await_parked(task);
    task.cancel();
    task.get();
    EXPECT_EQ(deliveries, 5);
  });
}

// C3, on every model, in a scope
TEST_P(CancelOnAny, ACancelledScopeThrowsAtEverySuspensionInsideAndNoneOutside) {
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
TEST_P(CancelOnAny, CodeThatNeverSuspendsComesToItsEnd) {
  in_run([] {
    coir::cancel_scope scope;
    scope.cancel();
    EXPECT_EQ(scope.run([] { return 5; }), 5);
    EXPECT_TRUE(scope.cancel_called());
  });
}

// C3
TEST_P(CancelOn, UncancelTakesOneRequestBack) {
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
TEST(CancelOnFibers, UncancelOfOneOfTwoRequestsLeavesTheTaskCancelled) {
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
TEST_P(CancelOnAny, UncancelWithoutARequestDoesNothing) {
  in_run([] {
    EXPECT_EQ(coir::this_task::cancelling(), 0u);
    EXPECT_EQ(coir::this_task::uncancel(), 0u);
  });
}

// C4
TEST(CancelOnFibers, CompletionWinsOverALaterCancel) {
  coir::run([] {
    coir::event set;
    bool returned = false;
    auto task = coir::spawn([&] {
      set.wait();
      returned = true;
      coir::yield();
      ADD_FAILURE() << "went on";
    });
    await_parked(task);
    set.set();
    task.cancel();
    EXPECT_THROW(task.get(), coir::cancelled);
    EXPECT_TRUE(returned);
  });
}

// C6
TEST_P(CancelOnAny, AWaitInADestructorDuringTheUnwindingOfACancelIsUndisturbed) {
  in_run([] {
    coir::cancel_scope scope;
    bool waited = false;
    EXPECT_FALSE(scope.run([&] {
      at_end const cleanup{[&] {
        coir::sleep_for(1us);
        coir::yield();
        waited = true;
      }};
      scope.cancel();
      coir::yield();
    }));
    EXPECT_TRUE(waited);
  });
}

// C6
TEST_P(CancelOn, AParkedWaitInADestructorDuringUnwindingIsNotCancelledAgain) {
  in_run([] {
    coir::event never_set;
    coir::event cleaned;
    coir::event unwinding;
    bool completed = false;
    auto task = coir::spawn([&] {
      at_end const cleanup{[&] {
        unwinding.set();
        cleaned.wait();
        completed = true;
      }};
      never_set.wait();
    });
    await_parked(task);
    task.cancel();
    unwinding.wait();
    await_parked(task);
    task.cancel();
    cleaned.set();
    task.join();
    EXPECT_TRUE(completed);
    EXPECT_TRUE(task.cancelled());
  });
}

// C6
TEST_P(CancelOnAny, ATimeoutInADestructorDuringUnwindingWorks) {
  in_run([] {
    coir::cancel_scope scope;
    bool timed_out = false;
    EXPECT_FALSE(scope.run([&] {
      at_end const cleanup{[&] {
        try {
          coir::timeout(1ms, [] { coir::sleep_for(1h); });
        } catch (coir::timeout_error const&) {
          timed_out = true;
        }
      }};
      scope.cancel();
      coir::yield();
    }));
    EXPECT_TRUE(timed_out);
  });
}

// C6
TEST_P(CancelOnAny, ACancelPendingDuringTheUnwindingOfAnotherExceptionWaitsForItsEnd) {
  in_run([] {
    coir::cancel_scope scope;
    bool waited = false;
    EXPECT_FALSE(scope.run([&] {
      try {
        at_end const cleanup{[&] {
          scope.cancel();
          coir::yield();
          waited = true;
        }};
        throw std::runtime_error("first");
      } catch (std::runtime_error const&) {
      }
      EXPECT_TRUE(waited);
      coir::yield();
      FAIL() << "went on";
    }));
  });
}

// C8
TEST_P(CancelOn, CancellingAJoinerLeavesTheTaskAlone) {
  in_run([] {
    coir::event set;
    auto task = coir::spawn([&] {
      set.wait();
      return 3;
    });
    auto joiner = coir::spawn([&] { task.join(); });
    await_parked(task);
    await_parked(joiner);
    joiner.cancel();
    EXPECT_THROW(joiner.get(), coir::cancelled);
    EXPECT_FALSE(task.done());
    set.set();
    EXPECT_EQ(task.get(), 3);
  });
}

// C8: timeout() owns what it waits for
TEST_P(CancelOn, CancellingAWaiterInATimeoutEndsTheTask) {
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

// C9
TEST(CancelOnFibers, TheFirstReasonStands) {
  coir::run([] {
    coir::event never_set;
    auto task = coir::spawn([&] { never_set.wait(); });
    await_parked(task);
    task.cancel("first");
    task.cancel("second");
    try {
      task.get();
      FAIL();
    } catch (coir::cancelled const& e) {
      EXPECT_EQ(e.reason().text(), "first");
    }
  });
}

// C9: what ends with the run hears so
TEST_P(CancelOn, LeftoversOfARunAreCancelledForShutdown) {
  std::optional<coir::cancel_cause> cause;
  in_run([&] {
    auto task = coir::spawn([&] {
      try {
        coir::event().wait();
      } catch (coir::cancelled const& e) {
        cause = e.reason().cause();
        throw;
      }
    });
    await_parked(task);
    task.detach();
  });
  EXPECT_EQ(cause, coir::cancel_cause::shutdown);
}

// C9
TEST_P(CancelOnAny, AShieldKeepsOuterCancelsOutUntilItIsLeft) {
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
TEST_P(CancelOn, AShieldedTaskIsNotWokenByACancel) {
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
TEST_P(CancelOnAny, ADeadlineInsideAShieldStillCounts) {
  in_run([] {
    coir::shield([] { EXPECT_FALSE(coir::move_on_after(1ms, [] { coir::sleep_for(1h); })); });
  });
}

// C9: a shield returns what its function returns
TEST_P(CancelOnAny, AShieldReturnsTheResult) {
  in_run([] {
    int number = 4;
    EXPECT_EQ(coir::shield([] { return std::string("kept"); }), "kept");
    int& same = coir::shield([&]() -> int& { return number; });
    EXPECT_EQ(&same, &number);
  });
}

// C9: taking the shield away lets the cancel in
TEST_P(CancelOnAny, TakingTheShieldFromAScopeLetsThePendingCancelIn) {
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

// T1, C9: a scope absorbs only its own cancel
TEST_P(CancelOnAny, OfTwoCancelledScopesTheOuterAbsorbs) {
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
TEST_P(CancelOnAny, AScopeRemembersACancelFromBeforeItsRun) {
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
TEST_P(CancelOnAny, ASecondRunOfAScopeIsALogicError) {
  in_run([] {
    coir::cancel_scope scope;
    EXPECT_TRUE(scope.run([] {}));
    EXPECT_THROW(scope.run([] {}), std::logic_error);
    EXPECT_FALSE(scope.cancel_called());
  });
}

// C1
TEST_P(CancelOn, AScopeIsCancelledByAnotherTask) {
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
TEST_P(CancelOn, CancellingAScopeEndsTheGroupsInsideIt) {
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

// C5, Q1: nothing in coir's own destructors throws while a cancel is pending
TEST_P(CancelOn, AHandleDroppedDuringACancelStillJoins) {
  in_run([] {
    bool ended = false;
    coir::cancel_scope scope;
    EXPECT_FALSE(scope.run([&] {
      auto inner = coir::spawn([&] {
        at_end const note{[&] { ended = true; }};
        coir::event().wait();
      });
      await_parked(inner);
      scope.cancel();
      coir::yield();
    }));
    EXPECT_TRUE(ended);
  });
}

}  // namespace
}  // namespace contract
