// SPDX-License-Identifier: BSL-1.0
/// The end of a task: what it leaves behind goes while it still is one, and its cancel is over.

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class TaskEndOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, TaskEndOn, concurrent_models, model_name);

/// An object whose destructor waits, as that of a connection that says goodbye.
class waits_at_end {
 public:
  explicit waits_at_end(std::function<void()> goodbye) : goodbye_(std::move(goodbye)) {}
  waits_at_end(waits_at_end&& other) noexcept : goodbye_(std::exchange(other.goodbye_, nullptr)) {}
  ~waits_at_end() {
    if (goodbye_) goodbye_();
  }

 private:
  std::function<void()> goodbye_;
};

// C6: what a task was given is cleaned up as undisturbed as its locals are
TEST_P(TaskEndOn, AnArgumentOfACancelledTaskMayWaitInItsDestructor) {
  std::atomic<bool> said = false;
  in_run([&] {
    auto task = coir::spawn([own = waits_at_end([&] {
                               coir::yield();
                               coir::timeout(1h, [] { coir::sleep_for(1us); });
                               said = true;
                             })] { coir::event().wait(); });
    await_parked(task);
    task.cancel();
    task.join();
    EXPECT_TRUE(task.cancelled());
  });
  EXPECT_TRUE(said);
}

// C6: also when the cancel comes only then
TEST_P(TaskEndOn, ACancelDuringTheDestructionOfArgumentsComesTooLate) {
  in_run([&] {
    coir::event leave;
    std::atomic<bool> said = false;
    auto task = coir::spawn([own = waits_at_end([&] {
                               coir::timeout(1h, [&] { leave.wait(); });
                               leave.wait();
                               said = true;
                             })] { return 3; });
    await_parked(task);
    task.cancel();
    leave.set();
    EXPECT_EQ(task.get(), 3);
    EXPECT_TRUE(said);
  });
}

// C6, C7: of a task that never began, too
TEST(TaskEndOnFibers, AnArgumentOfATaskThatNeverBeganMayWaitInItsDestructor) {
  bool said = false;
  coir::run([&] {
    auto task = coir::spawn([own = waits_at_end([&] {
                               coir::yield();
                               said = true;
                             })] { ADD_FAILURE() << "began"; });
    task.cancel();
    task.join();
    EXPECT_TRUE(task.cancelled());
  });
  EXPECT_TRUE(said);
}

// C6: callbacks of a cancelled task are not its code
TEST_P(TaskEndOn, TheCallbacksOfACancelledTaskAreNotCancelled) {
  unhandled_log log;
  in_run([] {
    coir::queue<std::string> ended;
    auto task = coir::spawn([] { coir::event().wait(); });
    task.on_done([&] { ended.put("it"); });
    await_parked(task);
    task.cancel();
    EXPECT_EQ(ended.get(), "it");
  });
  EXPECT_TRUE(log.entries().empty());
}

// G1: the run is not over before what its tasks returned is destroyed
TEST_P(TaskEndOn, ADetachedTasksResultMayWaitInItsDestructorWhileTheRunEnds) {
  std::atomic<bool> said = false;
  in_run([&] {
    coir::event begun;
    auto task = coir::spawn([&] {
      begun.set();
      return waits_at_end([&] {
        coir::sleep_for(2ms);
        said = true;
      });
    });
    task.detach();
    begun.wait();
  });
  EXPECT_TRUE(said);
}

// G1: a task that returns the handle of another, which nobody takes
TEST_P(TaskEndOn, AHandleInAResultThatNobodyTakesEndsItsTask) {
  std::atomic<int> cancelled = 0;
  in_run([&] {
    coir::event begun;
    auto task = coir::spawn([&] {
      auto inner = coir::spawn([&] {
        try {
          begun.set();
          coir::event().wait();
        } catch (coir::cancelled const&) {
          coir::shield([&] {
            coir::sleep_for(1ms);
            ++cancelled;
          });
          throw;
        }
      });
      begun.wait();
      return inner;
    });
    task.detach();
    begun.wait();
  });
  EXPECT_EQ(cancelled, 1);
}

// G3: the handler may wait, although the task that it is told of was cancelled, and the run is ending
TEST_P(TaskEndOn, TheUnhandledExceptionHandlerMayWait) {
  std::atomic<int> told = 0;
  auto const before =
      coir::set_unhandled_exception_handler([&](std::string const&, std::exception_ptr) {
        coir::yield();
        coir::sleep_for(1ms);
        ++told;
      });
  in_run([] {
    for (int i = 0; i < 3; ++i) {
      auto task = coir::spawn([] {
        try {
          coir::event().wait();
        } catch (coir::cancelled const&) {
          throw std::runtime_error("on the way out");
        }
      });
      await_parked(task);
      task.detach();
    }
  });
  coir::set_unhandled_exception_handler(before);
  EXPECT_EQ(told, 3);
}

}  // namespace
}  // namespace contract
