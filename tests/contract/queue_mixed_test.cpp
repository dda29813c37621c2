// SPDX-License-Identifier: BSL-1.0
/// Queues shared by those who are of different kinds: tasks, plain threads, tasks of other runs.

#include <atomic>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

#include "contract/models.hpp"
#include "contract/queue_kinds.hpp"

namespace contract {
namespace {

class QueueMixedOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueMixedOn, concurrent_models, model_name);

// Q1 to Q4 hold outside of any run: a plain thread is a waiter like others
TEST(QueueOutsideAnyRun, APlainThreadPutsGetsAndTimesOut) {
  on_each_store<int>(1, [](auto q) {
    q.put(1);
    EXPECT_FALSE(q.put_for(2, 1ms));
    EXPECT_FALSE(q.try_put(2));
    EXPECT_EQ(q.get(), 1);
    q.task_done();
    q.join();
    EXPECT_EQ(q.get_for(1ms), std::nullopt);
    EXPECT_FALSE(coir::move_on_after(1ms, [&] { q.get(); }));
    EXPECT_EQ(q.statistics().waiting_getters, 0u);
    q.shutdown();
    EXPECT_THROW(q.get(), coir::queue_shut_down);
  });
}

TEST(QueueOutsideAnyRun, TwoPlainThreadsMeet) {
  on_each_kind<int>(1, [](auto q) {
    std::thread other([q] {
      for (int i = 0; i < 100; ++i) q.put(i);
      q.shutdown();
    });
    int expected = 0;
    for (int item : q) EXPECT_EQ(item, expected++);
    EXPECT_EQ(expected, 100);
    other.join();
  });
}

// Q1: who waits longest is served first, whatever he is
TEST_P(QueueMixedOn, ATaskAndAPlainThreadAreServedInTheOrderTheyCame) {
  for (bool const thread_first : {true, false}) {
    on_each_kind<int>(0, [&](auto q) {
      int by_thread = 0;
      int by_task = 0;
      coir::queue<int> begin;
      std::thread plain([&] {
        begin.get();
        by_thread = q.get();
      });
      in_run([&] {
        if (thread_first) {
          begin.put(1);
          while (q.statistics().waiting_getters != 1) coir::yield();
        }
        auto task = coir::spawn([&] { by_task = q.get(); });
        await_parked(task);
        if (!thread_first) {
          begin.put(1);
          while (q.statistics().waiting_getters != 2) coir::yield();
        }
        q.put(1);
        q.put(2);
        task.get();
      });
      plain.join();
      EXPECT_EQ(by_thread, thread_first ? 1 : 2);
      EXPECT_EQ(by_task, thread_first ? 2 : 1);
    });
  }
}

TEST_P(QueueMixedOn, APlainThreadFeedsATaskThroughASmallQueue) {
  on_each_kind<int>(1, [](auto q) {
    std::thread feeder([q] {
      for (int i = 0; i < 200; ++i) q.put(i);
      q.join();
      q.shutdown();
    });
    std::vector<int> got;
    in_run([&] {
      for (int item : q) {
        got.push_back(item);
        q.task_done();
      }
    });
    feeder.join();
    EXPECT_EQ(got.size(), 200u);
    EXPECT_EQ(q.statistics().unfinished, 0u);
  });
}

TEST_P(QueueMixedOn, ATaskFeedsAPlainThreadThroughASmallQueue) {
  on_each_kind<int>(1, [](auto q) {
    int sum = 0;
    std::thread eater([&, q] {
      for (int item : q) {
        sum += item;
        q.task_done();
      }
    });
    in_run([&] {
      for (int i = 1; i <= 200; ++i) q.put(i);
      q.join();
      q.shutdown();
    });
    eater.join();
    EXPECT_EQ(sum, 200 * 201 / 2);
  });
}

// The one wait: a task is woken by a task of another run, on another thread
TEST_P(QueueMixedOn, ATaskHandsToATaskOfAnotherRunAndBack) {
  for (coir::model const other_model : {coir::model::fibers, coir::model::threads}) {
    on_each_kind<int>(1, [&](auto there) {
      auto const back = [&] {
        if constexpr (std::is_same_v<decltype(there), coir::rendezvous<int>>) {
          return coir::rendezvous<int>();
        } else {
          return decltype(there)(1);
        }
      }();
      std::thread other([&] {
        coir::run({.model = other_model}, [&] {
          auto const echo = coir::spawn([&] {
            for (int item : there) back.put(item + 1);
          });
          echo.join();
        });
      });
      in_run([&] {
        auto const caller = coir::spawn([&] {
          for (int i = 0; i < 100; ++i) {
            there.put(i);
            EXPECT_EQ(back.get(), i + 1);
          }
          there.shutdown();
        });
        caller.join();
      });
      other.join();
    });
  }
}

// C4, C5: a cancel from one run and a put from another thread meet at one getter
TEST_P(QueueMixedOn, AnItemFromAPlainThreadAndACancelNeverBothWin) {
  for (int round = 0; round < 50; ++round) {
    coir::queue<int> q;
    std::optional<int> got;
    std::atomic<bool> go{false};
    std::thread feeder([&] {
      while (!go) std::this_thread::yield();
      q.put(1);
    });
    in_run([&] {
      auto getter = coir::spawn([&] { got = q.get(); });
      await_parked(getter);
      go = true;
      getter.cancel();
      getter.join();
    });
    feeder.join();
    EXPECT_EQ(got.has_value() ? 0u : 1u, q.size());
  }
}

}  // namespace
}  // namespace contract
