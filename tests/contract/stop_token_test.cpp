// SPDX-License-Identifier: BSL-1.0
/// std::stop_token both ways: what coir cancels std's code hears of, and the other way round.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class StopTokenOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, StopTokenOnAny, all_models, model_name);

class StopTokenOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, StopTokenOn, concurrent_models, model_name);

// C1, C3
TEST_P(StopTokenOnAny, ATokenIsStoppedWithTheScopeItWasAskedForIn) {
  in_run([] {
    std::stop_token const of_task = coir::this_task::get_stop_token();
    std::stop_token inside;
    coir::cancel_scope scope;
    scope.run([&] {
      inside = coir::this_task::get_stop_token();
      EXPECT_EQ(inside, coir::this_task::get_stop_token());
      EXPECT_TRUE(inside.stop_possible());
      EXPECT_FALSE(inside.stop_requested());
      scope.cancel();
      EXPECT_TRUE(inside.stop_requested());
      EXPECT_TRUE(coir::this_task::get_stop_token().stop_requested());  // at once
    });
    EXPECT_FALSE(of_task.stop_requested());
    EXPECT_FALSE(coir::this_task::get_stop_token().stop_requested());
  });
}

// C1: a scope that is left was not cancelled, and cannot be any more
TEST_P(StopTokenOnAny, ATokenOfAScopeThatWasLeftIsNeverStopped) {
  std::stop_token of_task;
  in_run([&] {
    std::stop_token inside;
    coir::cancel_scope scope;
    scope.run([&] { inside = coir::this_task::get_stop_token(); });
    scope.cancel();
    EXPECT_FALSE(inside.stop_possible());
    EXPECT_FALSE(inside.stop_requested());
    auto task = coir::spawn([&] { of_task = coir::this_task::get_stop_token(); });
    task.join();
    task.cancel();
    EXPECT_FALSE(of_task.stop_possible());
    EXPECT_FALSE(of_task.stop_requested());
  });
}

// C9: as suspension points, behind a shield not, and when it is taken away at once
TEST_P(StopTokenOnAny, AShieldKeepsTheTokenInsideItUntouched) {
  in_run([] {
    coir::cancel_scope outer;
    outer.run([&] {
      coir::cancel_scope inner;
      inner.set_shielded(true);
      inner.run([&] {
        std::stop_token const inside = coir::this_task::get_stop_token();
        outer.cancel();
        EXPECT_FALSE(inside.stop_requested());
        inner.set_shielded(false);
        EXPECT_TRUE(inside.stop_requested());
      });
    });
  });
}

// T1
TEST_P(StopTokenOnAny, ADeadlineStopsTheToken) {
  in_run([] {
    std::stop_token inside;
    EXPECT_FALSE(coir::move_on_after(1ms, [&] {
      inside = coir::this_task::get_stop_token();
      coir::event().wait();
    }));
    EXPECT_TRUE(inside.stop_requested());
  });
}

// G2: a cancel goes down to the tasks of a group, and with it the tokens
TEST_P(StopTokenOn, ACancelledGroupStopsTheTokensOfItsTasks) {
  in_run([] {
    std::stop_token inside;
    coir::group([&](coir::task_group& g) {
      await_parked(g.spawn([&] {
        inside = coir::this_task::get_stop_token();
        coir::event().wait();
      }));
      g.cancel();
      EXPECT_TRUE(inside.stop_requested());
    });
  });
}

// C2: a thread of std's is ended by coir
TEST_P(StopTokenOn, AThreadThatWaitsInStdIsEndedByACancel) {
  in_run([] {
    bool stopped = false;
    auto task = coir::spawn([&] {
      std::stop_token const token = coir::this_task::get_stop_token();
      std::jthread const worker([&, token] {
        std::mutex lock;
        std::condition_variable_any changed;
        std::unique_lock held(lock);
        stopped = !changed.wait(held, token, [] { return false; });
      });
      coir::event().wait();
    });
    await_parked(task);
    task.cancel();
    task.join();
    EXPECT_TRUE(stopped);
  });
}

// A callback may use the very scope whose cancel it is told of: nothing is locked.
TEST_P(StopTokenOnAny, ACallbackMayUseTheScopeThatIsCancelled) {
  in_run([] {
    coir::cancel_scope scope;
    int calls = 0;
    std::optional<std::stop_callback<std::function<void()>>> callback;
    scope.run([&] {
      callback.emplace(coir::this_task::get_stop_token(), [&] {
        ++calls;
        EXPECT_TRUE(scope.cancel_called());
        scope.cancel("again");
        EXPECT_TRUE(coir::this_task::get_stop_token().stop_requested());
        callback.reset();  // itself, and this does not wait for itself
      });
      scope.cancel();
      EXPECT_EQ(calls, 1);
    });
    EXPECT_EQ(calls, 1);
  });
}

// The waiters have been woken before a callback runs: one that takes its time holds up no task.
TEST_P(StopTokenOn, TheCancelledTaskGoesOnWhileACallbackStillRuns) {
  in_run([] {
    if (coir::current_model() != coir::model::threads) return;  // elsewhere they share a thread
    std::mutex lock;
    std::condition_variable changed;
    bool gone_on = false;
    auto task = coir::spawn([&] {
      std::stop_callback const callback(coir::this_task::get_stop_token(), [&] {
        std::unique_lock held(lock);
        changed.wait(held, [&] { return gone_on; });
      });
      try {
        coir::event().wait();
      } catch (coir::cancelled const&) {
        std::scoped_lock const held(lock);
        gone_on = true;
        changed.notify_all();
      }
    });  // leaving, it waits for the callback: which has nothing of coir's locked
    await_parked(task);
    task.cancel();
    task.join();
    EXPECT_TRUE(gone_on);
  });
}

// C3: what is taken back does not un-stop what was told
TEST_P(StopTokenOnAny, AfterUncancelTheNextTokenIsFresh) {
  in_run([] {
    coir::spawn([] {
      std::stop_token const first = coir::this_task::get_stop_token();
      coir::detail::request_cancel(
          static_cast<coir::detail::task_record&>(*coir::detail::current_task()),
          coir::cancel_reason());
      EXPECT_TRUE(first.stop_requested());
      coir::this_task::uncancel();
      std::stop_token const second = coir::this_task::get_stop_token();
      EXPECT_TRUE(first.stop_requested());
      EXPECT_FALSE(second.stop_requested());
    }).join();
  });
}

// --- The other way round ---

// C1, C3
TEST_P(StopTokenOnAny, AStoppedTokenCancelsTheScopeMadeOfIt) {
  in_run([] {
    std::stop_source source;
    coir::cancel_scope scope(source.get_token());
    std::string text;
    EXPECT_FALSE(scope.run([&] {
      coir::yield();
      source.request_stop();
      EXPECT_THROW(coir::yield(), coir::cancelled);
      try {
        coir::event().wait();
      } catch (coir::cancelled const& e) {
        text = e.reason().text();
        throw;
      }
    }));
    EXPECT_EQ(text, "its stop_token was stopped");
    EXPECT_TRUE(scope.cancel_called());
  });
}

// C1
TEST_P(StopTokenOnAny, ATokenThatWasStoppedBeforeCancelsAtTheFirstSuspension) {
  in_run([] {
    std::stop_source source;
    source.request_stop();
    coir::cancel_scope scope(source.get_token());
    EXPECT_TRUE(scope.cancel_called());
    EXPECT_FALSE(scope.run([] {
      coir::yield();
      ADD_FAILURE() << "went on";
    }));
  });
}

// C2: by a thread of std's
TEST_P(StopTokenOnAny, AThreadOfStdEndsWhatWaitsInCoir) {
  in_run([] {
    coir::event inside;
    std::stop_source source;
    std::jthread const other([&] {
      inside.wait();
      source.request_stop();
    });
    coir::cancel_scope scope(source.get_token());
    EXPECT_FALSE(scope.run([&] {
      inside.set();
      coir::sleep_for(1h);
    }));
  });
}

// T1: a deadline beside the token
TEST_P(StopTokenOnAny, AScopeOfATokenMayHaveADeadlineToo) {
  in_run([] {
    std::stop_source source;
    coir::cancel_scope scope(source.get_token(), coir::now());
    EXPECT_FALSE(scope.run([] { coir::yield(); }));
    EXPECT_FALSE(source.stop_requested());
  });
}

// C1
TEST_P(StopTokenOn, ATaskIsCancelledByACallback) {
  in_run([] {
    std::stop_source source;
    auto task = coir::spawn([] { coir::event().wait(); });
    std::stop_callback const on_stop(source.get_token(), [&] { task.cancel(); });
    await_parked(task);
    source.request_stop();
    EXPECT_THROW(task.get(), coir::cancelled);
  });
}

// Scopes that go while their token is being stopped by another thread, again and again.
TEST_P(StopTokenOnAny, AScopeMayGoWhileItsTokenIsBeingStopped) {
  in_run([] {
    for (int round = 0; round < 200; ++round) {
      std::stop_source source;
      std::jthread const other([&] { source.request_stop(); });
      coir::cancel_scope scope(source.get_token());
      scope.run([] { coir::yield(); });
    }
  });
}

// Tokens that are asked for, left and cancelled from another thread, at the same time.
TEST_P(StopTokenOnAny, ATokenMayGoWhileItsScopeIsBeingCancelled) {
  in_run([] {
    for (int round = 0; round < 200; ++round) {
      std::atomic<int> calls = 0;
      coir::cancel_scope scope;
      std::jthread const other([&] { scope.cancel(); });
      scope.run([&] {
        std::stop_callback const callback(coir::this_task::get_stop_token(), [&] { ++calls; });
        coir::yield();
      });
      EXPECT_LE(calls, 1);
    }
  });
}

}  // namespace
}  // namespace contract
