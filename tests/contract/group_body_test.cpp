// SPDX-License-Identifier: BSL-1.0
/// The body of a group, and where a group may live.

#include <atomic>
#include <memory>
#include <stdexcept>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class GroupBodyOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, GroupBodyOn, concurrent_models, model_name);

using GroupBodyInVirtualTime = virtual_run;

/// A task that was cancelled: its get() throws `cancelled`, though who asks was not.
coir::task<> cancelled_task() {
  auto task = coir::spawn([] { coir::event().wait(); });
  await_parked(task);
  task.cancel("not yours");
  task.join();
  return task;
}

// CXL-07 in a group: nobody had told its tasks to end, and it must not wait for them for ever
TEST_P(GroupBodyOn, CXL_07_ABodyThatGetsACancelledTaskEndsItsGroup) {
  in_run([] {
    auto other = cancelled_task();
    std::atomic<int> cancelled = 0;
    try {
      coir::group([&](coir::task_group& g) {
        await_parked(g.spawn([&] { wait_for_cancel(cancelled); }));
        other.get();
        ADD_FAILURE() << "went on";
      });
      ADD_FAILURE() << "absorbed what was not the group's";
    } catch (coir::cancelled const& c) {
      EXPECT_EQ(c.reason().text(), "not yours");
    }
    EXPECT_EQ(cancelled, 1);
    EXPECT_EQ(coir::this_task::cancelling(), 0u);
    coir::yield();
  });
}

// G2: in order of completion, the body's too
TEST_P(GroupBodyOn, TGR_11_ABodyThatFailsAfterATaskStandsBehindIt) {
  in_run([] {
    coir::exception_group const errors = failure_of([] {
      coir::group([](coir::task_group& g) {
        g.spawn([] { throw std::runtime_error("the task"); });
        try {
          coir::event().wait();
        } catch (coir::cancelled const&) {
          throw std::runtime_error("the body");
        }
      });
    });
    EXPECT_STREQ(errors.what(), "2 failures: the task; the body");
  });
}

// G2
TEST_F(GroupBodyInVirtualTime, TGR_11_AFailedBodyStandsBetweenThoseBeforeItAndThoseAfterIt) {
  auto const fail_late = [](std::chrono::seconds cleanup, char const* text) {
    try {
      coir::event().wait();
    } catch (coir::cancelled const&) {
      coir::shield([&] {
        coir::sleep_for(cleanup);
        throw std::runtime_error(text);
      });
    }
  };
  in_run([&] {
    coir::exception_group const errors = failure_of([&] {
      coir::group([&](coir::task_group& g) {
        g.spawn(fail_late, 1s, "second");
        g.spawn(fail_late, 3s, "fourth");
        g.spawn([] { throw std::runtime_error("first"); });
        fail_late(2s, "third");
      });
    });
    EXPECT_STREQ(errors.what(), "4 failures: first; second; third; fourth");
  });
}

// G2: what fails on the way out weighs more
TEST_P(GroupBodyOn, CXL_07_AFailureOnTheWayOutOfSuchAGroupIsTold) {
  in_run([] {
    auto other = cancelled_task();
    coir::exception_group const errors = failure_of([&] {
      coir::group([&](coir::task_group& g) {
        await_parked(g.spawn([] {
          try {
            coir::event().wait();
          } catch (coir::cancelled const&) {
            throw std::out_of_range("cleanup");
          }
        }));
        other.get();
      });
    });
    EXPECT_STREQ(errors.what(), "1 failure: cleanup");
  });
}

// G2: the group's own cancel still ends it in silence, whatever the body meets then
TEST_P(GroupBodyOn, ABodyThatGetsACancelledTaskInACancelledGroupEndsInSilence) {
  in_run([] {
    auto other = cancelled_task();
    coir::group([&](coir::task_group& g) {
      g.cancel();
      coir::shield([&] { other.get(); });
    });
    coir::yield();
  });
}

// T1: a timeout around it
TEST_F(GroupBodyInVirtualTime, TMO_15_ATimeoutAroundAGroupWhoseTasksJustEndIsATimeoutError) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    EXPECT_THROW(coir::timeout(2s,
                               [&] {
                                 coir::group([&](coir::task_group& g) {
                                   g.spawn([&] { wait_for_cancel(cancelled); });
                                   coir::event().wait();
                                 });
                               }),
                 coir::timeout_error);
    EXPECT_EQ(cancelled, 1);
  });
}

// G2, T1
TEST_F(GroupBodyInVirtualTime, TMO_15_FailuresInTheCleanupWeighMoreThanTheTimeout) {
  in_run([] {
    coir::exception_group const errors = failure_of([] {
      coir::timeout(2s, [] {
        coir::group([](coir::task_group& g) {
          await_parked(g.spawn([] {
            try {
              coir::event().wait();
            } catch (coir::cancelled const&) {
              throw std::out_of_range("cleanup");
            }
          }));
        });
      });
    });
    EXPECT_STREQ(errors.what(), "1 failure: cleanup");
  });
}

// Groups are entered and left as a stack, by the task that made them: else the program ends.
TEST(GroupBodyDeath, SCP_07_AGroupThatIsLeftBeforeAnInnerOneEndsTheProgram) {
  EXPECT_DEATH(coir::run([] {
                 auto outer = std::make_unique<coir::task_group>();
                 coir::task_group inner;
                 outer.reset();
               }),
               "left before one that was entered after it");
}

TEST(GroupBodyDeath, SCP_07_AGroupThatOutlivesItsTaskEndsTheProgram) {
  EXPECT_DEATH(coir::run([] {
                 std::unique_ptr<coir::task_group> kept;
                 coir::spawn([&] { kept = std::make_unique<coir::task_group>(); }).join();
               }),
               "a task has ended, and a task_group that it made lives on");
}

TEST(GroupBodyDeath, SCP_07_AGroupThatAnotherTaskDestroysEndsTheProgram) {
  EXPECT_DEATH(coir::run([] {
                 std::unique_ptr<coir::task_group> kept;
                 coir::event made;
                 auto maker = coir::spawn([&] {
                   kept = std::make_unique<coir::task_group>();
                   made.set();
                   coir::event().wait();
                 });
                 made.wait();
                 kept.reset();
               }),
               "by another task than the one that made it");
}

}  // namespace
}  // namespace contract
