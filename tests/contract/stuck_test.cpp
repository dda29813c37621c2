// SPDX-License-Identifier: BSL-1.0
/// A run in which nothing can run any more: who is named, and what when_stuck makes of it.

#include <atomic>
#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

using StuckInVirtualTime = virtual_run;

/// What the deadlock says that `f` ends in.
template <class F>
std::string deadlock_of(F&& f) {
  try {
    std::forward<F>(f)();
  } catch (coir::deadlock const& e) {
    return e.what();
  }
  return "no deadlock";
}

bool has(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

// S5
TEST_F(StuckInVirtualTime, ADeadlockNamesEachTaskAndWhatItWaitsIn) {
  std::string const text = deadlock_of([this] {
    in_run([] {
      coir::queue<int> q;
      auto getter = coir::spawn({.name = "getter"}, [&] { q.get(); });
      coir::event().wait();
    });
  });
  EXPECT_TRUE(has(text, "coir: nothing can run any more, and no timer is set:")) << text;
  EXPECT_TRUE(has(text, "\n  main waits in event::wait\n")) << text;
  EXPECT_TRUE(has(text, "\n  getter waits in queue::get")) << text;
  EXPECT_FALSE(has(text, "circle")) << text;
}

// S5: tasks that join each other
TEST_F(StuckInVirtualTime, ADeadlockNamesTheCircleOfTasksThatJoinEachOther) {
  std::string const text = deadlock_of([this] {
    in_run([] {
      coir::task<void> b;
      auto a = coir::spawn({.name = "a"}, [&] { b.join(); });
      b = coir::spawn({.name = "b"}, [&] { a.join(); });
      b.join();
    });
  });
  EXPECT_TRUE(has(text, "\n  main waits in task::join for b\n")) << text;
  EXPECT_TRUE(has(text, "\n  a waits in task::join for b\n")) << text;
  EXPECT_TRUE(has(text, "\n  b waits in task::join for a\n")) << text;
  EXPECT_TRUE(has(text, "\n  in a circle: b -> a -> b") ||
              has(text, "\n  in a circle: a -> b -> a"))
      << text;
}

// S5: the owner of a mutex is waited for
TEST_F(StuckInVirtualTime, ADeadlockNamesWhoHoldsAMutex) {
  std::string const text = deadlock_of([this] {
    in_run([] {
      coir::mutex first;
      coir::mutex second;
      auto const both = [](coir::mutex& one, coir::mutex& other) {
        std::scoped_lock const held(one);
        coir::yield();
        std::scoped_lock const held_too(other);
      };
      coir::group([&](coir::task_group& g) {
        g.spawn({.name = "a"}, both, std::ref(first), std::ref(second));
        g.spawn({.name = "b"}, both, std::ref(second), std::ref(first));
      });
    });
  });
  EXPECT_TRUE(has(text, "\n  main waits in task_group::join for a, b\n")) << text;
  EXPECT_TRUE(has(text, "\n  a waits in mutex::lock for b\n")) << text;
  EXPECT_TRUE(has(text, "\n  b waits in mutex::lock for a\n")) << text;
  EXPECT_TRUE(has(text, "\n  in a circle: a -> b -> a")) << text;
}

// S5: and those who hold a shared_mutex, which may be many
TEST_F(StuckInVirtualTime, ADeadlockNamesWhoHoldsASharedMutex) {
  std::string const text = deadlock_of([this] {
    in_run([] {
      coir::shared_mutex shared;
      coir::event never_set;
      auto const read = [&] {
        std::shared_lock const held(shared);
        never_set.wait();
      };
      coir::group([&](coir::task_group& g) {
        g.spawn({.name = "reader"}, read);
        g.spawn({.name = "other reader"}, read);
        g.spawn({.name = "writer"}, [&] { std::scoped_lock const held(shared); });
      });
    });
  });
  EXPECT_TRUE(has(text, "\n  writer waits in shared_mutex::lock for reader, other reader")) << text;
}

// S5: long lists are cut
TEST_F(StuckInVirtualTime, ADeadlockOfVeryManyTasksStaysReadable) {
  std::string const text = deadlock_of([this] {
    in_run([] {
      coir::event never_set;
      coir::group([&](coir::task_group& g) {
        for (int i = 0; i < 1000; ++i) g.spawn([&] { never_set.wait(); });
      });
    });
  });
  EXPECT_TRUE(has(text, " and 992 more\n")) << text;
  EXPECT_TRUE(has(text, "\n  and 901 more tasks")) << text;
}

// S5
TEST(StuckInRealTime, ARunThatFailsWhenStuckNamesWhoWaitsForWhat) {
  std::atomic<int> cancelled{0};
  std::string const text = deadlock_of([&] {
    coir::run({.when_stuck = coir::when_stuck::fail}, [&] {
      auto waiter = coir::spawn({.name = "waiter"}, [&] { wait_for_cancel(cancelled); });
      waiter.join();
    });
  });
  EXPECT_TRUE(has(text, "\n  main waits in task::join for waiter\n")) << text;
  EXPECT_TRUE(has(text, "\n  waiter waits in event::wait")) << text;
  EXPECT_EQ(cancelled, 1);
}

// S5: a timer, or a task that can run, is no deadlock
TEST(StuckInRealTime, ARunThatWaitsForATimeIsNotStuck) {
  coir::run({.when_stuck = coir::when_stuck::fail}, [] {
    coir::event event;
    EXPECT_FALSE(event.wait_for(2ms));
    coir::sleep_for(1ms);
    auto task = coir::spawn([] { coir::yield(); });
    task.join();
  });
}

// S5
TEST(StuckInRealTime, ARunThatReportsWhenStuckGoesOnWhenSomebodyOutsideEndsTheWait) {
  warning_log warnings;
  coir::event event;
  std::thread outside;
  coir::run({.when_stuck = coir::when_stuck::report}, [&] {
    outside = std::thread([&] {
      while (warnings.entries().empty()) std::this_thread::yield();
      event.set();
    });
    event.wait();
  });
  outside.join();
  EXPECT_EQ(warnings.entries(),
            (std::vector<std::string>{"nothing can run any more, and no timer is set:\n"
                                      "  main waits in event::wait"}));
}

// S5: what fails is the run; a task that cannot be cancelled is waited for
TEST(StuckInRealTime, ATaskThatIsShieldedIsWaitedForAfterTheRunHasFailed) {
  warning_log warnings;
  coir::event event;
  std::thread outside;
  EXPECT_THROW(coir::run({.when_stuck = coir::when_stuck::fail},
                         [&] {
                           outside = std::thread([&] {
                             while (warnings.entries().empty()) std::this_thread::yield();
                             event.set();
                           });
                           coir::shield([&] { event.wait(); });
                         }),
               coir::deadlock);
  outside.join();
}

TEST(StuckInRealTime, OtherModelsRefuseToRecogniseAStuckRun) {
  for (auto const kind : {coir::model::threads, coir::model::serial})
    EXPECT_THROW(coir::run({.model = kind, .when_stuck = coir::when_stuck::fail}, [] {}),
                 std::invalid_argument);
}

}  // namespace
}  // namespace contract
