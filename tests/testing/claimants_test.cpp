// SPDX-License-Identifier: BSL-1.0
/// Two who would end one wait at once: the second comes between the first one's claim and its wake, by the
/// same thread or by one that is no task.

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <coir/testing/testing.hpp>

#include "contract/models.hpp"

namespace {

using namespace contract;
using coir::trace_point;
using coir::testing::interlude;

/// The second claimant acts on the thread of the first, or on a plain one.
using place = std::tuple<coir::model, bool>;

class ClaimantsOn : public ::testing::TestWithParam<place> {
 protected:
  /// Runs `play`, and between claim and wake of the task called "first", `second` acts.
  template <class F>
  void in_run(std::function<void()> second, F&& play) {
    auto const foreign = [second] { std::thread(second).join(); };
    interlude race({trace_point::woken, "first", "fulfilled"},
                   std::get<1>(GetParam()) ? std::function<void()>(foreign) : second);
    coir::run({.model = std::get<0>(GetParam()), .trace = &race}, std::forward<F>(play));
    EXPECT_TRUE(race.played());
  }
};

INSTANTIATE_TEST_SUITE_P(Models, ClaimantsOn,
                         ::testing::Combine(concurrent_models, ::testing::Bool()),
                         [](::testing::TestParamInfo<place> const& at) {
                           return std::string(coir::to_string(std::get<0>(at.param))) +
                                  (std::get<1>(at.param) ? "_and_a_plain_thread" : "");
                         });

/// Spawns a task that has parked when this returns, as long as nothing wakes it.
template <class F>
[[nodiscard]] auto spawn_parked(char const* name, F&& f) {
  auto task = coir::spawn({.name = name}, std::forward<F>(f));
  await_parked(task);
  return task;
}

TEST_P(ClaimantsOn, ASecondItemGoesToTheNextGetter) {
  coir::queue<int> q;
  in_run([&] { EXPECT_TRUE(q.try_put(2)); },
         [&] {
           auto first = spawn_parked("first", [&] { return q.get(); });
           auto next = spawn_parked("next", [&] { return q.get(); });
           q.put(1);
           EXPECT_EQ(first.get(), 1);
           EXPECT_EQ(next.get(), 2);
         });
}

TEST_P(ClaimantsOn, ASecondItemThatNobodyWaitsForStaysInTheQueue) {
  coir::queue<int> q;
  in_run(
      [&] {
        EXPECT_EQ(q.try_get(), std::nullopt);  // Q1: the item is the getter's
        EXPECT_TRUE(q.try_put(2));
      },
      [&] {
        auto first = spawn_parked("first", [&] { return q.get(); });
        q.put(1);
        EXPECT_EQ(first.get(), 1);
        EXPECT_EQ(q.try_get(), 2);
      });
}

TEST_P(ClaimantsOn, ASecondPlaceGoesToTheNextPutter) {
  coir::queue<int> q(1);
  in_run([&] { EXPECT_EQ(q.try_get(), 1); },
         [&] {
           q.put(0);
           auto first = spawn_parked("first", [&] { q.put(1); });
           auto next = spawn_parked("next", [&] { q.put(2); });
           EXPECT_EQ(q.get(), 0);
           first.get();
           next.get();
           EXPECT_EQ(q.try_get(), 2);
           EXPECT_EQ(q.try_get(), std::nullopt);
         });
}

TEST_P(ClaimantsOn, AShutdownLeavesTheChosenGetterItsItem) {
  coir::queue<int> q;
  in_run([&] { q.shutdown(true); },
         [&] {
           auto first = spawn_parked("first", [&] { return q.get(); });
           auto next = spawn_parked("next", [&] { return q.get(); });
           q.put(1);
           EXPECT_EQ(first.get(), 1);
           EXPECT_THROW(next.get(), coir::queue_shut_down);
         });
}

TEST_P(ClaimantsOn, AMutexThatIsHandedOverIsNotFree) {
  coir::mutex m;
  in_run([&] { EXPECT_FALSE(m.try_lock()); },
         [&] {
           m.lock();
           auto first = spawn_parked("first", [&] { std::scoped_lock const held(m); });
           auto next = spawn_parked("next", [&] { std::scoped_lock const held(m); });
           m.unlock();
           first.get();
           next.get();
           EXPECT_TRUE(std::unique_lock(m, std::try_to_lock).owns_lock());
         });
}

TEST_P(ClaimantsOn, ASecondPermitGoesToTheNext) {
  coir::semaphore s(2);
  in_run(
      [&] {
        EXPECT_FALSE(s.try_acquire());
        s.release();
      },
      [&] {
        s.acquire();
        s.acquire();
        auto first = spawn_parked("first", [&] { s.acquire(); });
        auto next = spawn_parked("next", [&] { s.acquire(); });
        s.release();
        first.get();
        next.get();
        EXPECT_FALSE(s.try_acquire());
      });
}

// C5: who was chosen returns, whatever becomes of the event meanwhile
TEST_P(ClaimantsOn, AnEventThatIsClearedHasWokenWhoWaited) {
  coir::event e;
  in_run(
      [&] {
        e.clear();
        e.set();
        e.clear();
      },
      [&] {
        auto first = spawn_parked("first", [&] { e.wait(); });
        auto next = spawn_parked("next", [&] { e.wait(); });
        e.set();
        first.get();
        next.get();
        EXPECT_FALSE(e.is_set());
      });
}

TEST_P(ClaimantsOn, ASecondNotificationGoesToTheNext) {
  coir::mutex m;
  coir::condition_variable changed;
  auto const wait = [&] {
    std::unique_lock lock(m);
    changed.wait(lock);
  };
  in_run([&] { changed.notify_one(); },
         [&] {
           auto first = spawn_parked("first", wait);
           auto next = spawn_parked("next", wait);
           auto last = spawn_parked("last", wait);
           changed.notify_one();
           first.get();
           next.get();
           EXPECT_FALSE(last.done());
           changed.notify_one();
           last.get();
         });
}

// Q5: a round that is complete ends for all of its parties, also for one that is cancelled before it runs
TEST_P(ClaimantsOn, APartyThatIsCancelledWhenItsRoundIsCompleteHasPassed) {
  coir::barrier b(3);
  coir::task<std::size_t>* party = nullptr;
  in_run([&] { EXPECT_TRUE(party->cancel()); },
         [&] {
           auto first = spawn_parked("first", [&] { return b.wait(); });
           auto next = spawn_parked("next", [&] { return b.wait(); });
           party = &next;
           EXPECT_EQ(b.wait(), 2u);
           EXPECT_EQ(first.get(), 0u);
           EXPECT_EQ(next.get(), 1u);
           EXPECT_EQ(b.waiting(), 0u);
         });
}

TEST_P(ClaimantsOn, ASelectThatHasWonAtOneQueueTakesNothingFromAnother) {
  coir::queue<int> one;
  coir::queue<int> other;
  in_run([&] { EXPECT_TRUE(other.try_put(2)); },
         [&] {
           auto first = spawn_parked(
               "first", [&] { return coir::select(coir::on_get(one), coir::on_get(other)); });
           one.put(1);
           EXPECT_EQ(first.get(), 1);
           EXPECT_EQ(one.size(), 0u);
           EXPECT_EQ(other.try_get(), 2);
         });
}

// Two selects that could serve each other, and a third who comes when one has been chosen.
TEST_P(ClaimantsOn, ASelectThatIsChosenIsNotAtTheOthersDisposal) {
  coir::rendezvous<int> meeting;
  coir::event stop;
  in_run([&] { EXPECT_FALSE(meeting.try_put(3)); },
         [&] {
           auto first = spawn_parked("first", [&] {
             return coir::select(coir::on_get(meeting), coir::on_set(stop, [] { return -1; }));
           });
           int const put = coir::select(coir::on_put(meeting, 1, [] { return 7; }),
                                        coir::on_set(stop, [] { return -1; }));
           EXPECT_EQ(put, 7);
           EXPECT_EQ(first.get(), 1);
         });
}

// G3, C8: an end has as many witnesses as there are
TEST_P(ClaimantsOn, EachJoinerOfATaskIsTold) {
  coir::event go;
  coir::task<int>* target = nullptr;
  in_run(
      [&] {
        EXPECT_TRUE(target->done());
        EXPECT_FALSE(target->cancel());  // too late
      },
      [&] {
        auto task = spawn_parked("task", [&] {
          go.wait();
          return 7;
        });
        target = &task;
        auto first = spawn_parked("first", [&] { return task.get(); });
        auto next = spawn_parked("next", [&] { return task.get(); });
        go.set();
        EXPECT_EQ(first.get(), 7);
        EXPECT_EQ(next.get(), 7);
      });
}

TEST_P(ClaimantsOn, APromiseIsSettledOnce) {
  coir::promise<int> p;
  coir::future<int> f = p.get_future();
  in_run(
      [&] {
        EXPECT_FALSE(p.try_set_value(8));
        EXPECT_FALSE(f.cancel());
      },
      [&] {
        auto first = spawn_parked("first", [&] { return f.get(); });
        p.set_value(7);
        EXPECT_EQ(first.get(), 7);
      });
}

// Two cancels, of a task and of a scope inside it: the wait is ended once, and the outer one wins.
TEST_P(ClaimantsOn, ASecondCancelFindsTheWaitEndedAndCountsAllTheSame) {
  coir::task<void>* victim = nullptr;
  coir::cancel_scope inner;
  interlude race({trace_point::woken, "first", "cancelled"},
                 [&] { EXPECT_TRUE(victim->cancel("second")); });
  coir::run({.model = std::get<0>(GetParam()), .trace = &race}, [&] {
    bool left = false;
    auto first = spawn_parked("first", [&] {
      inner.run([] { coir::event().wait(); });
      left = true;  // were it the inner one's alone
    });
    victim = &first;
    inner.cancel("first");
    first.join();
    EXPECT_TRUE(first.cancelled());
    EXPECT_FALSE(left);
  });
  EXPECT_TRUE(race.played());
}

}  // namespace
