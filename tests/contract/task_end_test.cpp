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

}  // namespace
}  // namespace contract
