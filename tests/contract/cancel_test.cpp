// SPDX-License-Identifier: BSL-1.0
/// Cancelling a task on every model: where it goes, when it is delivered, what it says.

#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class CancelOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, CancelOnAny, all_models, model_name);

class CancelOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, CancelOn, concurrent_models, model_name);

static_assert(!std::is_base_of_v<std::exception, coir::cancelled>);  // C2

// C1, C2
TEST_P(CancelOn, CXL_16_AParkedTaskWakesAtOnceAndTellsTheReason) {
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
TEST(CancelOnFibers, CXL_02_ATaskCancelledBeforeItsFirstStepNeverStarts) {
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
TEST_P(CancelOnAny, CXL_02_ATaskOfACancelledGroupNeverStarts) {
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
TEST_P(CancelOn, CXL_08_ATaskThatReturnsAfterCatchingItsCancelIsFinished) {
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

// C4
TEST(CancelOnFibers, CXL_10_CompletionWinsOverALaterCancel) {
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

// C8
TEST_P(CancelOn, CXL_24_CancellingAJoinerLeavesTheTaskAlone) {
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

// C9
TEST(CancelOnFibers, CXL_16_TheFirstReasonStands) {
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
TEST_P(CancelOn, RUN_01_LeftoversOfARunAreCancelledForShutdown) {
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

// C3, C2: a cancel travels through nested calls, the innermost handler first, and any may stop it
TEST_P(CancelOn, CXL_15_ACancelTravelsFromTheInnermostCallOutwards) {
  in_run([] {
    std::vector<std::string> seen;
    auto task = coir::spawn([&] {
      auto const inner = [&] {
        try {
          coir::event().wait();
        } catch (coir::cancelled const&) {
          seen.emplace_back("inner");
          throw;
        }
      };
      try {
        inner();
      } catch (coir::cancelled const&) {
        seen.emplace_back("outer");
      }
      return 5;
    });
    await_parked(task);
    task.cancel();
    EXPECT_EQ(task.get(), 5);
    EXPECT_EQ(seen, (std::vector<std::string>{"inner", "outer"}));
  });
}

// G3: an error thrown in answer to a cancel is the task's own
TEST_P(CancelOn, CXL_14_AnErrorThrownInAnswerToACancelIsTheTasks) {
  in_run([] {
    auto task = coir::spawn([] {
      try {
        coir::event().wait();
      } catch (coir::cancelled const&) {
        throw 42;  // not even a std::exception
      }
    });
    await_parked(task);
    task.cancel();
    EXPECT_THROW(task.get(), int);
    EXPECT_FALSE(task.cancelled());
    EXPECT_NE(task.exception(), nullptr);
  });
}

// G1
TEST_P(CancelOn, CXL_19_JoiningOneselfIsALogicErrorAndNoDeadlock) {
  in_run([] {
    coir::task<> self;
    coir::event given;
    self = coir::spawn([&] {
      given.wait();
      EXPECT_THROW(self.get(), std::logic_error);
    });
    given.set();
    self.get();
  });
}

// C1: from a thread that is no task of any run
TEST_P(CancelOn, APlainThreadCancelsAParkedTask) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    auto task = coir::spawn([&] { wait_for_cancel(cancelled); });
    await_parked(task);
    std::thread stranger([&] { task.cancel("from outside"); });
    task.join();
    stranger.join();
    EXPECT_EQ(cancelled, 1);
  });
}

}  // namespace
}  // namespace contract
