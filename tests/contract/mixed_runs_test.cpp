// SPDX-License-Identifier: BSL-1.0
/// Two runs at the same time, on two threads and of any two models: tasks of one deal with tasks of the
/// other as with their own.

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class MixedRunsOn : public on_model {
 protected:
  /// Spawns `work` in a run on another thread, on one model after the other, and calls `use(task)` in a task
  /// of a run on this test's model. The other run goes on meanwhile, and holds the handle.
  template <class Work, class Use>
  static void with_a_task_of_another_run(Work work, Use use) {
    for (coir::model const other :
         {coir::model::fibers, coir::model::threads, coir::model::boost_fibers}) {
      // TSan is not told yet how Boost's fibers switch.
      if (!coir::is_available(other) || (COIR_TSAN && other == coir::model::boost_fibers)) continue;
      SCOPED_TRACE(std::string("of a run on ") + coir::to_string(other));
      using handle = decltype(coir::spawn(work));
      coir::promise<handle*> spawned;
      auto lent = spawned.get_future();
      coir::event used;
      std::thread thread([&] {
        coir::run({.model = other}, [&] {
          handle task = coir::spawn(work);
          spawned.set_value(&task);
          used.wait();
        });
      });
      in_run([&] {
        at_end const let_go{[&] { used.set(); }};
        coir::spawn([&] { use(*lent.get()); }).get();
      });
      thread.join();
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Models, MixedRunsOn, concurrent_models, model_name);

/// Parks until it is cancelled, and says so in its own way.
std::string wait_for_a_reason() {
  try {
    coir::event().wait();
  } catch (coir::cancelled const& e) {
    return e.reason().text();
  }
  return "woken";
}

TEST_P(MixedRunsOn, ItsResultIsHad) {
  with_a_task_of_another_run(
      [] {
        coir::sleep_for(1ms);
        return std::string("result");
      },
      [](coir::task<std::string>& task) {
        task.join();
        EXPECT_TRUE(task.done());
        EXPECT_EQ(task.get(), "result");
        EXPECT_EQ(std::move(task).get(), "result");
      });
}

// G3
TEST_P(MixedRunsOn, ItsFailureTravels) {
  unhandled_log const log;
  with_a_task_of_another_run([] { throw std::out_of_range("far"); },
                             [](coir::task<>& task) {
                               EXPECT_THROW(task.get(), std::out_of_range);
                               EXPECT_NE(task.exception(), nullptr);
                             });
  EXPECT_TRUE(log.entries().empty());
}

// C1, C2, C9
TEST_P(MixedRunsOn, ItIsCancelledWithAReason) {
  with_a_task_of_another_run(wait_for_a_reason, [](coir::task<std::string>& task) {
    await_parked(task);
    EXPECT_TRUE(task.cancel("by another run"));
    EXPECT_EQ(task.get(), "by another run");
    EXPECT_FALSE(task.cancel());
  });
}

TEST_P(MixedRunsOn, WhoGetsACancelledOneGetsCancelledAndIsNot) {
  with_a_task_of_another_run([] { coir::event().wait(); },
                             [](coir::task<>& task) {
                               task.cancel();
                               EXPECT_THROW(task.get(), coir::cancelled);
                               EXPECT_TRUE(task.cancelled());
                               EXPECT_EQ(coir::this_task::cancelling(), 0u);
                               coir::yield();
                             });
}

// Q4, T2
TEST_P(MixedRunsOn, AJoinerGivesUpAtItsTime) {
  with_a_task_of_another_run(wait_for_a_reason, [](coir::task<std::string>& task) {
    EXPECT_FALSE(task.join_for(0s));
    EXPECT_FALSE(task.join_for(1ms));
    EXPECT_FALSE(coir::move_on_after(1ms, [&] { task.join(); }));
    EXPECT_FALSE(task.done());
    task.cancel();
    EXPECT_TRUE(task.join_for(1h));
  });
}

// C8
TEST_P(MixedRunsOn, ACancelledJoinerLeavesItAlone) {
  with_a_task_of_another_run(wait_for_a_reason, [](coir::task<std::string>& task) {
    auto const joiner = coir::spawn([&] { task.join(); });
    await_parked(joiner);
    joiner.cancel();
    joiner.join();
    EXPECT_TRUE(joiner.cancelled());
    EXPECT_FALSE(task.done());
    task.cancel();
    task.join();
  });
}

// G1: the handle decides, wherever it is
TEST_P(MixedRunsOn, WhoDropsItsHandleCancelsItAndWaits) {
  static std::atomic<int> ends;
  ends = 0;
  int expected = 0;
  with_a_task_of_another_run([] { wait_for_cancel(ends); },
                             [&](coir::task<>& task) {
                               await_parked(task);
                               { auto const mine = std::move(task); }
                               EXPECT_EQ(ends, ++expected);
                             });
}

// T1, T4
TEST_P(MixedRunsOn, ATimeoutEndsItAndWaitsForItsRealEnd) {
  with_a_task_of_another_run(
      [] {
        try {
          coir::event().wait();
        } catch (coir::cancelled const&) {
          coir::shield([] { coir::sleep_for(1ms); });
          throw;
        }
      },
      [](coir::task<>& task) {
        await_parked(task);
        EXPECT_THROW(coir::timeout(1ms, task), coir::timeout_error);
        EXPECT_TRUE(task.cancelled());
      });
}

// G4
TEST_P(MixedRunsOn, TheCombinatorsTakeIt) {
  with_a_task_of_another_run(
      [] {
        coir::sleep_for(1ms);
        return 2;
      },
      [](coir::task<int>& task) {
        auto own = coir::spawn([] { return 1; });
        EXPECT_EQ(coir::gather(own, task), std::tuple(1, 2));
        EXPECT_EQ(coir::wait({&own, &task}).done.size(), 2u);
        int sum = 0;
        for (auto [place, ended] : coir::as_completed(own, task)) sum += ended.get();
        EXPECT_EQ(sum, 3);
        EXPECT_EQ(coir::select(coir::on_end(task)), 0u);
      });
}

TEST_P(MixedRunsOn, ASelectWaitsForItsEnd) {
  with_a_task_of_another_run(wait_for_a_reason, [](coir::task<std::string>& task) {
    coir::queue<int> q;
    auto choice = coir::spawn([&] {
      return coir::select(coir::on_get(q, [](int) {}), coir::on_end(task), coir::after(1h));
    });
    await_parked(choice);
    task.cancel();
    EXPECT_EQ(choice.get(), 1u);
    EXPECT_EQ(q.statistics().waiting_getters, 0u);
  });
}

// G4: before who waits goes on, on the thread that ends it
TEST_P(MixedRunsOn, ACallbackRunsInItsOwnRun) {
  with_a_task_of_another_run(wait_for_a_reason, [](coir::task<std::string>& task) {
    std::atomic<std::thread::id> where{};
    task.on_done([&] { where = std::this_thread::get_id(); });
    task.cancel();
    task.join();
    EXPECT_NE(where.load(), std::thread::id());
    EXPECT_NE(where.load(), std::this_thread::get_id());
  });
}

// C4: its end and its cancel, at the same time from two runs
TEST_P(MixedRunsOn, ItsEndAndACancelNeverBothWin) {
  for (int round = 0; round < 20; ++round) {
    coir::event go;
    with_a_task_of_another_run(
        [&go] {
          go.wait();
          return 7;
        },
        [&](coir::task<int>& task) {
          await_parked(task);
          std::thread setter([&] { go.set(); });
          task.cancel();
          try {
            EXPECT_EQ(task.get(), 7);
            EXPECT_FALSE(task.cancelled());
          } catch (coir::cancelled const&) {
            EXPECT_TRUE(task.cancelled());
          }
          setter.join();
          go.clear();
        });
  }
}

// G1: the result outlives the run
TEST_P(MixedRunsOn, ItsResultIsThereWhenItsRunHasEnded) {
  coir::task<int> kept;
  coir::run([&] {
    kept = coir::spawn([] { return 5; });
    kept.join();
  });
  in_run([&] {
    EXPECT_TRUE(kept.done());
    EXPECT_EQ(kept.get(), 5);
    EXPECT_FALSE(kept.cancel());
  });
}

// G1: a run that ends ends its tasks, whoever holds their handles
TEST_P(MixedRunsOn, ATaskWhoseRunEndsIsCancelledThoughItsHandleIsHeldElsewhere) {
  coir::task<std::string> held_here;
  coir::event begun;
  coir::event end;
  std::thread other([&] {
    coir::run([&] {
      held_here = coir::spawn(wait_for_a_reason);
      await_parked(held_here);
      begun.set();
      end.wait();
    });
  });
  in_run([&] {
    begun.wait();
    EXPECT_FALSE(held_here.done());
    end.set();
    EXPECT_EQ(held_here.get(), "");
  });
  other.join();
}

TEST_P(MixedRunsOn, TwoTasksOfTwoRunsWaitForEachOthersAnswers) {
  coir::promise<int> question;
  coir::promise<int> answer;
  auto asked = question.get_future();
  auto answered = answer.get_future();
  std::thread other(
      [&] { coir::run([&] { coir::spawn([&] { answer.set_value(asked.get() * 2); }).join(); }); });
  in_run([&] {
    auto const asker = coir::spawn([&] { EXPECT_EQ(answered.get(), 42); });
    await_parked(asker);
    question.set_value(21);
    asker.join();
  });
  other.join();
}

}  // namespace
}  // namespace contract
