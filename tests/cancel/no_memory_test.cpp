// SPDX-License-Identifier: BSL-1.0
/// A wait whose timer finds no memory throws std::bad_alloc, or has completed: nothing is lost (C4).

#include <atomic>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <stdexcept>
#include <vector>

#include "cancel/scarce_memory.hpp"
#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace {

using namespace std::chrono_literals;

class NoMemory : public contract::on_model {
 protected:
  template <class Scene>
  static void play(Scene scene) {
    scarce::play(GetParam(), scene);
  }
};
INSTANTIATE_TEST_SUITE_P(Models, NoMemory, contract::all_models, contract::model_name);

TEST_P(NoMemory, ASleepThatCannotBeTimedThrows) {
  play([](auto& attempt) {
    coir::time_point const before = coir::now();
    if (attempt([] { coir::sleep_for(1ms); })) {
      EXPECT_GE(coir::now() - before, 1ms);
    }
    coir::sleep_for(1us);
  });
}

TEST_P(NoMemory, AnEventForgetsWhoCouldNotWait) {
  play([](auto& attempt) {
    coir::event e;
    attempt([&] { EXPECT_FALSE(e.wait_for(1ms)); });
    e.set();
    EXPECT_TRUE(e.wait_for(1ms));
  });
}

TEST_P(NoMemory, AQueueKeepsItsItemsAndWhoPutsHasHisBack) {
  play([](auto& attempt) {
    coir::queue<std::vector<int>> q(1);
    attempt([&] { EXPECT_EQ(q.get_for(1ms), std::nullopt); });
    q.put({1});
    EXPECT_EQ(q.size(), 1u);
    EXPECT_EQ(q.statistics().waiting_getters, 0u);
  });
  play([](auto& attempt) {
    coir::queue<std::vector<int>> q(1);
    q.put({1});
    std::vector<int> mine{2};
    attempt([&] { EXPECT_FALSE(q.put_for(std::move(mine), 1ms)); });
    EXPECT_EQ(mine, std::vector<int>{2});
    EXPECT_EQ(q.statistics().waiting_putters, 0u);
    EXPECT_EQ(q.get(), std::vector<int>{1});
    EXPECT_TRUE(q.empty());
  });
  play([](auto& attempt) {
    coir::rendezvous<int> q;
    attempt([&] { EXPECT_FALSE(q.put_for(1, 1ms)); });
    EXPECT_EQ(q.try_get(), std::nullopt);
    EXPECT_EQ(q.statistics().unfinished, 0u);
  });
}

TEST_P(NoMemory, APermitIsNeitherTakenNorLost) {
  play([](auto& attempt) {
    coir::semaphore permits(0, 1);
    attempt([&] { EXPECT_FALSE(permits.try_acquire_for(1ms)); });
    permits.release();
    EXPECT_EQ(permits.available(), 1u);
  });
  play([](auto& attempt) {
    coir::capacity_limiter limiter(0);
    attempt([&] { EXPECT_FALSE(limiter.try_acquire_for(1ms)); });
    EXPECT_EQ(limiter.statistics().waiting, 0u);
    limiter.set_total(1);
    EXPECT_EQ(limiter.statistics().borrowed, 0u);
    limiter.acquire();  // a borrower like any other
    limiter.release();
  });
}

/// A plain thread that holds `lock` meanwhile.
template <class Lock>
class held_elsewhere {
 public:
  explicit held_elsewhere(Lock& lock)
      : thread_([this, &lock] {
          lock.lock();
          held_.set_value();
          let_go_.get_future().wait();
          lock.unlock();
        }) {
    held_.get_future().wait();
  }
  ~held_elsewhere() {
    let_go_.set_value();
    thread_.join();
  }

 private:
  std::promise<void> held_;
  std::promise<void> let_go_;
  std::thread thread_;
};

/// Calls `f` on a plain thread, and waits until it has returned.
template <class F>
auto by_another_thread(F f) {
  return [f] { std::thread(f).join(); };
}

// C4, C5: what comes while its timer finds no memory is its own, and it does not throw
TEST_P(NoMemory, WhoWasChosenFirstHasWhatItWaitedFor) {
  play([](auto& attempt) {
    coir::event e;
    bool woken = false;
    bool const done =
        attempt([&] { woken = e.wait_for(1ms); }, by_another_thread([&] { e.set(); }));
    EXPECT_TRUE(done);
    EXPECT_EQ(woken, e.is_set());
  });
  play([](auto& attempt) {
    coir::queue<int> q;
    std::optional<int> got;
    bool sent = false;
    bool const done = attempt([&] { got = q.get_for(1ms); }, by_another_thread([&] {
                                sent = true;
                                q.put(5);
                              }));
    EXPECT_TRUE(done);
    EXPECT_EQ(got, sent ? std::optional(5) : std::nullopt);
    EXPECT_TRUE(q.empty());
  });
  play([](auto& attempt) {
    coir::barrier b(2);
    std::optional<std::size_t> number;
    bool came = false;
    bool const done = attempt([&] { number = b.wait_for(1ms); }, by_another_thread([&] {
                                came = true;
                                EXPECT_EQ(b.wait(), 1u);
                              }));
    EXPECT_TRUE(done);
    EXPECT_EQ(number, came ? std::optional(std::size_t{0}) : std::nullopt);
  });
  play([](auto& attempt) {
    coir::queue<int> q;
    coir::event e;
    std::size_t winner = 9;
    bool came = false;
    bool const done = attempt(
        [&] {
          winner = coir::select(coir::on_get(q, [](int) {}), coir::on_set(e), coir::after(1ms));
        },
        by_another_thread([&] {
          came = true;
          e.set();
          q.put(5);
        }));
    EXPECT_TRUE(done);
    EXPECT_EQ(winner, came ? 1u : 2u);
    EXPECT_EQ(q.size(), came ? 1u : 0u);
  });
}

TEST_P(NoMemory, ALockIsNotTaken) {
  play([](auto& attempt) {
    coir::mutex m;
    {
      held_elsewhere const other(m);
      attempt([&] { EXPECT_FALSE(m.try_lock_for(1ms)); });
    }
    EXPECT_FALSE(m.is_locked());
    m.lock();
    m.unlock();
  });
  for (bool const shared : {false, true})
    play([=](auto& attempt) {
      coir::shared_mutex m;
      {
        held_elsewhere const other(m);
        attempt([&] {
          if (shared) {
            EXPECT_FALSE(m.try_lock_shared_for(1ms));
          } else {
            EXPECT_FALSE(m.try_lock_for(1ms));
          }
        });
      }
      EXPECT_EQ(m.readers(), 0u);
      m.lock();
      m.unlock();
    });
}

// T4
TEST_P(NoMemory, AConditionsWaitComesBackWithTheLock) {
  play([](auto& attempt) {
    coir::mutex m;
    coir::condition_variable cv;
    std::unique_lock lock(m);
    attempt([&] { EXPECT_FALSE(cv.wait_for(lock, 1ms)); });
    EXPECT_TRUE(lock.owns_lock());
    lock.unlock();
    EXPECT_FALSE(m.is_locked());
    cv.notify_one();
  });
}

// Q5
TEST_P(NoMemory, APartyThatCannotWaitLeavesItsBarrier) {
  play([](auto& attempt) {
    coir::barrier b(2);
    attempt([&] { EXPECT_EQ(b.wait_for(1ms), std::nullopt); });
    EXPECT_EQ(b.waiting(), 0u);
    EXPECT_EQ(b.wait_for(0ms), std::nullopt);
  });
}

TEST_P(NoMemory, ATaskGoesOnThoughItsJoinerCannotWait) {
  play([](auto& attempt) {
    coir::promise<int> answer;
    auto const coming = answer.get_future();
    attempt([&] { EXPECT_FALSE(coming.join_for(1ms)); });
    attempt([&] {
      EXPECT_EQ(coir::wait({&coming}, coir::return_when::all_completed, 1ms).pending.size(), 1u);
    });
    answer.set_value(3);
  });
}

// T1
TEST_P(NoMemory, WorkThatCannotBeTimedDoesNotBegin) {
  play([](auto& attempt) {
    bool began = false;
    bool const done = attempt([&] { coir::timeout(1h, [&] { began = true; }); });
    EXPECT_EQ(began, done);
    coir::sleep_for(1us);
  });
  play([](auto& attempt) {
    coir::cancel_scope scope(1h);
    bool began = false;
    bool const done = attempt([&] { scope.run([&] { began = true; }); });
    EXPECT_EQ(began, done);
    EXPECT_FALSE(scope.cancel_called());
    if (!done) {
      EXPECT_TRUE(scope.run([] {})) << "it has not been used";
    }
  });
}

TEST_P(NoMemory, ADeadlineThatCannotBeMovedIsWhatItWas) {
  play([](auto& attempt) {
    coir::cancel_scope scope;
    EXPECT_TRUE(scope.run([&] {
      coir::time_point const soon = coir::now() + 1h;
      bool const done = attempt([&] { scope.set_deadline(soon); });
      EXPECT_EQ(scope.deadline(), done ? soon : coir::never);
      coir::yield();
    }));
  });
}

// C8: whoever owns tasks ends them, for whatever reason it gives up
TEST_P(NoMemory, OwnersLeaveNothingRunning) {
  static std::atomic<int> running;
  auto const work = [] {
    ++running;
    contract::at_end const leave{[] { --running; }};
    coir::sleep_for(1us);
    return 1;
  };
  play([=](auto& attempt) {
    attempt([&] { EXPECT_EQ(coir::race(work, work), 1); });
    EXPECT_EQ(running, 0);
  });
  play([=](auto& attempt) {
    std::vector<std::function<int()>> const calls(3, work);
    attempt([&] { EXPECT_EQ(coir::staggered_race(calls, 0ms).value, 1); });
    EXPECT_EQ(running, 0);
  });
  play([=](auto& attempt) {
    attempt([&] { EXPECT_EQ(coir::gather(work, work), std::tuple(1, 1)); });
    EXPECT_EQ(running, 0);
  });
}

class NoMemoryFor : public NoMemory {};
INSTANTIATE_TEST_SUITE_P(Models, NoMemoryFor, contract::concurrent_models, contract::model_name);

// T4, C8
TEST_P(NoMemoryFor, ACancelledTimeoutStillEndsItsTask) {
  play([](auto& attempt) {
    auto task = coir::spawn([] { coir::event().wait(); });
    coir::cancel_scope scope;
    EXPECT_FALSE(scope.run([&] {
      scope.cancel();
      attempt([&] { coir::timeout(1h, task); });
      coir::yield();
    }));
    task.cancel();
  });
}

TEST_P(NoMemory, ASelectHasNoEffect) {
  play([](auto& attempt) {
    coir::queue<int> empty;
    coir::queue<std::vector<int>> full(1);
    full.put({1});
    coir::event never_set;
    coir::promise<int> answer;
    auto const coming = answer.get_future();
    attempt([&] {
      EXPECT_EQ(coir::select(coir::on_get(empty), coir::on_put(full, {2}), coir::on_set(never_set),
                             coir::on_end(coming), coir::after(1ms))
                    .index(),
                4u);
    });
    EXPECT_EQ(empty.statistics().waiting_getters, 0u);
    EXPECT_EQ(full.statistics().waiting_putters, 0u);
    EXPECT_EQ(full.get(), std::vector<int>{1});
    EXPECT_TRUE(full.empty());
    never_set.set();
    answer.set_value(1);
  });
}

}  // namespace
