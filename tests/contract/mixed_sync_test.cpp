// SPDX-License-Identifier: BSL-1.0
/// Locks and meetings shared by those who are of different kinds: tasks, and threads outside of any run.

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class MixedSyncOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, MixedSyncOn, concurrent_models, model_name);

/// A thread outside of any run, of which others can see that it is parked.
class plain_thread {
 public:
  template <class F>
  explicit plain_thread(F f)
      : thread_([this, f] {
          record_ = &coir::detail::current_task_or_thread();
          f();
        }) {}
  ~plain_thread() { join(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  /// Returns once it is parked in some wait.
  void await_parked() const {
    while (record_ == nullptr || !coir::detail::is_parked(*record_)) coir::yield();
  }

 private:
  std::atomic<coir::detail::task_core*> record_{nullptr};
  std::thread thread_;
};

// ---- A plain thread waits for a time

// Q4: each gives up at its time, and leaves no trace
TEST_P(MixedSyncOn, APlainThreadGivesUpOnWhatATaskHolds) {
  coir::mutex mutex;
  coir::shared_mutex shared_mutex;
  coir::semaphore semaphore(1);
  coir::capacity_limiter limiter(1);
  coir::condition_variable never_notified;
  coir::barrier barrier(2);
  coir::event never_set;
  coir::event held;
  coir::event over;
  plain_thread const waiter([&] {
    held.wait();
    EXPECT_FALSE(mutex.try_lock());
    EXPECT_FALSE(mutex.try_lock_for(1ms));
    EXPECT_FALSE(coir::move_on_after(1ms, [&] { mutex.lock(); }));
    EXPECT_FALSE(shared_mutex.try_lock_for(1ms));
    EXPECT_FALSE(shared_mutex.try_lock_shared_for(1ms));
    EXPECT_FALSE(semaphore.try_acquire_for(1ms));
    EXPECT_FALSE(limiter.try_acquire_for(1ms));
    EXPECT_EQ(barrier.wait_for(1ms), std::nullopt);
    EXPECT_FALSE(never_set.wait_for(1ms));
    EXPECT_THROW(coir::timeout(1ms, [&] { never_set.wait(); }), coir::timeout_error);
    coir::mutex own;
    std::unique_lock lock(own);
    auto const before = std::chrono::steady_clock::now();
    EXPECT_FALSE(never_notified.wait_for(lock, 2ms));
    EXPECT_GE(std::chrono::steady_clock::now() - before, 2ms);
    EXPECT_TRUE(lock.owns_lock());
    over.set();
  });
  in_run([&] {
    std::scoped_lock const own(mutex, shared_mutex);
    semaphore.acquire();
    limiter.acquire();
    held.set();
    over.wait();
    EXPECT_EQ(barrier.waiting(), 0u);
    EXPECT_EQ(limiter.statistics().waiting, 0u);
    semaphore.release();
    limiter.release();
  });
  EXPECT_FALSE(mutex.is_locked());
  EXPECT_EQ(shared_mutex.readers(), 0u);
  EXPECT_EQ(semaphore.available(), 1u);
  EXPECT_EQ(limiter.statistics().borrowed, 0u);
}

// ---- From one to the other

// Q1: who waits longest is served first, whatever he is
TEST_P(MixedSyncOn, AMutexIsHandedOnInTheOrderTheyCame) {
  for (bool const thread_first : {true, false}) {
    coir::mutex mutex;
    std::vector<char> order;
    in_run([&] {
      mutex.lock();
      auto const by = [&](char who) {
        return [&, who] {
          std::scoped_lock const held(mutex);
          order.push_back(who);
        };
      };
      std::optional<plain_thread> thread;
      auto const begin_thread = [&] {
        thread.emplace(by('t'));
        thread->await_parked();
      };
      if (thread_first) begin_thread();
      auto const task = coir::spawn(by('f'));
      await_parked(task);
      if (!thread_first) begin_thread();
      mutex.unlock();
      task.join();
      coir::offload([&] { thread->join(); });
    });
    EXPECT_EQ(order, thread_first ? std::vector({'t', 'f'}) : std::vector({'f', 't'}));
  }
}

TEST_P(MixedSyncOn, PermitsGoToTasksAndPlainThreadsInTheOrderTheyCame) {
  coir::semaphore semaphore(0, 2);
  std::atomic<bool> thread_has_it{false};
  in_run([&] {
    plain_thread thread([&] {
      semaphore.acquire();
      thread_has_it = true;
    });
    thread.await_parked();
    auto const task = coir::spawn([&] { semaphore.acquire(); });
    await_parked(task);
    semaphore.release();
    while (!thread_has_it) coir::yield();
    EXPECT_FALSE(task.done());
    semaphore.release();
    task.join();
  });
  EXPECT_EQ(semaphore.available(), 0u);
}

TEST_P(MixedSyncOn, AnEventReachesTasksAndPlainThreadsAlike) {
  for (bool const set_by_thread : {true, false}) {
    coir::event event;
    std::atomic<int> reached{0};
    in_run([&] {
      auto const wait = [&] {
        event.wait();
        ++reached;
      };
      plain_thread const one(wait);
      plain_thread const two([&] {
        EXPECT_TRUE(event.wait_for(1h));
        ++reached;
      });
      auto const task = coir::spawn(wait);
      one.await_parked();
      two.await_parked();
      await_parked(task);
      if (set_by_thread) {
        plain_thread([&] { event.set(); }).join();
      } else {
        event.set();
      }
      event.clear();  // it has reached those who waited (EVT-02)
      while (reached != 3) coir::yield();
    });
  }
}

// T4
TEST_P(MixedSyncOn, AConditionIsNotifiedAcrossTheBorder) {
  for (bool const thread_waits : {true, false}) {
    coir::mutex mutex;
    coir::condition_variable changed;
    bool ready = false;
    std::atomic<bool> seen{false};
    auto const wait = [&] {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return ready; });
      EXPECT_TRUE(lock.owns_lock());
      seen = true;
    };
    auto const tell = [&] {
      {
        std::scoped_lock const held(mutex);
        ready = true;
      }
      changed.notify_one();
    };
    in_run([&] {
      if (thread_waits) {
        plain_thread const thread(wait);
        thread.await_parked();
        tell();
        while (!seen) coir::yield();
      } else {
        auto const task = coir::spawn(wait);
        await_parked(task);
        plain_thread const thread(tell);
        task.join();
      }
    });
    EXPECT_TRUE(seen);
  }
}

TEST_P(MixedSyncOn, ABarrierLetsATaskAPlainThreadAndATaskOfAnotherRunThrough) {
  coir::barrier barrier(3);
  std::array<std::atomic<int>, 3> passed{};
  auto const meet = [&] {
    for (int round = 0; round < 20; ++round) ++passed[barrier.wait()];
  };
  {
    plain_thread const thread(meet);
    plain_thread const other_run([&] { coir::run([&] { coir::spawn(meet).join(); }); });
    in_run([&] { coir::spawn(meet).join(); });
  }  // who came through the last round has counted it only now
  for (auto const& each : passed) EXPECT_EQ(each, 20);
}

TEST_P(MixedSyncOn, ReadersOfBothKindsAreInTogetherAndAWriterIsAlone) {
  coir::shared_mutex mutex;
  coir::barrier both_in(2);
  in_run([&] {
    auto const read = [&] {
      std::shared_lock const held(mutex);
      both_in.wait();
    };
    plain_thread reader(read);
    coir::spawn(read).join();
    coir::offload([&] { reader.join(); });
    mutex.lock();
    plain_thread late([&] { std::shared_lock const held(mutex); });
    late.await_parked();
    EXPECT_EQ(mutex.readers(), 0u);
    mutex.unlock();
    coir::offload([&] { late.join(); });
  });
}

// ---- Two claims at the same time

// C4, C5: an unlock by a plain thread and a cancel by a task meet at one who waits
TEST_P(MixedSyncOn, AnUnlockByAPlainThreadAndACancelNeverBothWin) {
  for (int round = 0; round < 50; ++round) {
    coir::mutex mutex;
    std::atomic<bool> held{false};
    std::atomic<bool> go{false};
    std::thread owner([&] {
      mutex.lock();
      held = true;
      while (!go) std::this_thread::yield();
      mutex.unlock();
    });
    bool got = false;
    in_run([&] {
      while (!held) coir::yield();
      auto const waiter = coir::spawn([&] {
        std::scoped_lock const own(mutex);
        got = true;
      });
      await_parked(waiter);
      go = true;
      waiter.cancel();
      waiter.join();
      EXPECT_NE(got, waiter.cancelled());
    });
    owner.join();
    EXPECT_FALSE(mutex.is_locked());
  }
}

// C4: a permit for a plain thread just when its time is up
TEST_P(MixedSyncOn, APermitFromATaskAndTheTimeoutOfAPlainThreadNeverBothWin) {
  for (int round = 0; round < 50; ++round) {
    coir::semaphore semaphore(0, 1);
    std::atomic<bool> taken{false};
    plain_thread waiter([&] { taken = semaphore.try_acquire_for(50us); });
    in_run([&] {
      coir::sleep_for(std::chrono::microseconds(round * 2));
      semaphore.release();
    });
    waiter.join();
    EXPECT_EQ(semaphore.available(), taken ? 0u : 1u);
  }
}

// C1: a region of a plain thread is cancelled by a task
TEST_P(MixedSyncOn, ATaskCancelsWhatAPlainThreadWaitsIn) {
  coir::cancel_scope scope;
  coir::event never_set;
  std::atomic<bool> ended{false};
  plain_thread thread([&] {
    EXPECT_FALSE(scope.run([&] { never_set.wait(); }));
    ended = true;
  });
  thread.await_parked();
  in_run([&] { scope.cancel(); });
  thread.join();
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace contract
