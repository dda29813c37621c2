// SPDX-License-Identifier: BSL-1.0
/// Operations that need not wait: each looks for a cancel first, and counts against the turn (S4).

#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

/// One of everything that one can wait for, and nobody has to.
struct ready_things {
  coir::mutex mutex;
  coir::shared_mutex shared_mutex;
  coir::semaphore semaphore{1};
  coir::capacity_limiter limiter{1};
  coir::barrier barrier{1};
  coir::condition_variable never_notified;
  coir::event event;
  coir::queue<int> queue;
  coir::priority_queue<int> priorities;
  coir::promise<int> promise;
  coir::future<int> future = promise.get_future();
  coir::task<int> task = coir::spawn([] { return 1; });

  ready_things() {
    event.set();
    promise.set_value(1);
    task.join();
  }

  /// Calls `f(name, operation)` for each operation that blocks.
  template <class F>
  void for_each_operation(F f) {
    f("mutex", [this] { std::scoped_lock const held(mutex); });
    f("mutex for", [this] { std::unique_lock const held(mutex, 1s); });
    f("mutex for nothing", [this] { std::unique_lock const held(mutex, 0s); });
    f("shared_mutex", [this] { std::scoped_lock const held(shared_mutex); });
    f("shared_mutex shared", [this] { std::shared_lock const held(shared_mutex); });
    f("semaphore", [this] {
      semaphore.acquire();
      semaphore.release();
    });
    f("capacity_limiter", [this] {
      limiter.acquire();
      limiter.release();
    });
    f("barrier", [this] { barrier.wait(); });
    f("event", [this] { event.wait(); });
    f("event for nothing", [this] { (void)event.wait_for(0s); });
    f("condition_variable for nothing", [this] {
      std::unique_lock lock(mutex);
      (void)never_notified.wait_for(lock, 0s);
    });
    f("queue put", [this] {
      queue.put(1);
      (void)queue.try_get();
    });
    f("queue get", [this] {
      (void)queue.try_put(1);
      queue.get();
    });
    f("queue get for nothing", [this] { (void)queue.get_for(0s); });
    f("queue join", [this] {
      while (queue.statistics().unfinished != 0) queue.task_done();
      queue.join();
    });
    f("priority_queue", [this] {
      priorities.put(1);
      priorities.get();
    });
    f("future", [this] { future.get(); });
    f("task get", [this] { task.get(); });
    f("task join", [this] { task.join(); });
    f("task join for nothing", [this] { (void)task.join_for(0s); });
    f("timeout of a task", [this] { coir::timeout(1s, task); });
    f("spawn and join", [] { coir::spawn([] {}).join(); });
    f("group", [] { coir::group([](coir::task_group&) {}); });
    f("task_group join", [] {
      coir::task_group group;
      group.join();
    });
    f("for_each", [] { coir::for_each(numbers(0), 1, [](int) {}); });
    f("gather", [this] { coir::gather(task, future); });
    f("gather of nothing", [] {
      std::vector<coir::task<int>> none;
      coir::gather(none);
    });
    f("gather_settled", [this] { coir::gather_settled(task); });
    f("wait", [this] { coir::wait({&task, &future}); });
    f("as_completed", [this] {
      for (auto [place, ended] : coir::as_completed(task)) (void)place;
    });
    f("race", [] { coir::race([] {}, [] {}); });
    f("select", [this] { coir::select(coir::on_set(event)); });
    f("select otherwise",
      [this] { coir::select(coir::on_get(queue, [](int) {}), coir::otherwise()); });
    f("offload", [] { coir::offload([] {}); });
    f("sleep", [] { coir::sleep_for(0s); });
    f("sleep until the past", [] { coir::sleep_until(coir::time_point::min()); });
    f("yield", [] { coir::yield(); });
    f("a delivered cancel", [this] {
      coir::cancel_scope scope;
      scope.cancel();
      scope.run([this] { event.wait(); });
    });
    f("a timeout of nothing", [this] { coir::move_on_after(0s, [this] { event.wait(); }); });
  }

  /// Nothing is held, queued or counted.
  void expect_untouched(char const* after) {
    EXPECT_FALSE(mutex.is_locked()) << after;
    EXPECT_FALSE(shared_mutex.is_locked()) << after;
    EXPECT_EQ(shared_mutex.readers(), 0u) << after;
    EXPECT_EQ(semaphore.available(), 1u) << after;
    EXPECT_EQ(limiter.statistics().borrowed, 0u) << after;
    EXPECT_EQ(barrier.waiting(), 0u) << after;
    EXPECT_TRUE(priorities.empty()) << after;
    EXPECT_EQ(queue.statistics().waiting_getters, 0u) << after;
    EXPECT_EQ(queue.statistics().waiting_putters, 0u) << after;
  }
};

class BudgetOnFibers : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, BudgetOnFibers,
                         available({coir::model::fibers, coir::model::boost_fibers}), model_name);
class BudgetOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, BudgetOnAny, all_models, model_name);

// S4: a loop of whatever it may be starves nobody
TEST_P(BudgetOnFibers, NoLoopOfOperationsThatNeedNotWaitStarvesTheOthers) {
  in_run([] {
    ready_things ready;
    ready.for_each_operation([&](char const* name, auto operation) {
      bool other_ran = false;
      auto const other = coir::spawn([&] { other_ran = true; });
      int count = 0;
      for (; !other_ran && count < 10 * 256; ++count) operation();
      EXPECT_LE(count, 2 * 256) << name;
      other.join();
    });
  });
}

// S4, C4: in a cancelled scope nothing of them is done
TEST_P(BudgetOnAny, EachOperationLooksForACancelBeforeItHasAnEffect) {
  in_run([] {
    ready_things ready;
    ready.for_each_operation([&](char const* name, auto operation) {
      std::string const text = name;
      if (text == "a delivered cancel" || text == "a timeout of nothing") return;
      bool done = false;
      coir::cancel_scope scope;
      EXPECT_FALSE(scope.run([&] {
        scope.cancel();
        operation();
        done = true;
      })) << name;
      EXPECT_FALSE(done) << name;
      ready.expect_untouched(name);
      while (ready.queue.try_get()) {
      }
    });
  });
}

class SwallowedOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SwallowedOn, concurrent_models, model_name);

// C3: wherever it is met
TEST_P(SwallowedOn, ACancelThatIsSwallowedAgainAndAgainIsReportedOnceWithTheTasksName) {
  for (bool const nested : {false, true}) {
    warning_log const log;
    in_run([&] {
      coir::event never_set;
      auto const stubborn = coir::spawn({.name = "stubborn"}, [&] {
        for (int i = 0; i < 2500; ++i) {
          try {
            if (nested) {
              coir::timeout(1h, [&] { never_set.wait(); });
            } else {
              never_set.wait();
            }
          } catch (...) {
          }
        }
      });
      await_parked(stubborn);
      stubborn.cancel();
      stubborn.join();
      EXPECT_FALSE(stubborn.cancelled());
    });
    ASSERT_EQ(log.entries().size(), 1u);
    EXPECT_EQ(
        log.entries().front(),
        "task stubborn has swallowed 1000 deliveries of one cancel; let coir::cancelled pass");
  }
}

// C3: the others go on meanwhile
TEST_P(BudgetOnFibers, WhoSwallowsItsCancelGivesUpItsTurnEachTime) {
  for (bool const nested : {false, true}) {
    in_run([&] {
      int turns = 0;
      bool stop = false;
      auto const other = coir::spawn([&] {
        while (!stop) {
          ++turns;
          coir::yield();
        }
      });
      auto const stubborn = coir::spawn([&] {
        for (int i = 0; i < 100; ++i) {
          try {
            if (nested) {
              coir::move_on_after(1h, [] { coir::event().wait(); });
            } else {
              coir::event().wait();
            }
          } catch (coir::cancelled const&) {
          }
        }
      });
      await_parked(stubborn);
      turns = 0;
      stubborn.cancel();
      stubborn.join();
      EXPECT_GE(turns, 98);
      stop = true;
      other.join();
    });
  }
}

}  // namespace
}  // namespace contract
