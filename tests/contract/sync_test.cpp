// SPDX-License-Identifier: BSL-1.0
/// Mutex, semaphore, event and condition on every model.

#include <mutex>
#include <optional>
#include <stdexcept>
#include <vector>

#include "contract/memories.hpp"
#include "contract/models.hpp"

namespace contract {
namespace {

class SyncOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SyncOnAny, all_models, model_name);

class SyncOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SyncOn, concurrent_models, model_name);

using SyncInVirtualTime = virtual_run;

// Q3
TEST_P(SyncOnAny, LockingAMutexTwiceIsALogicErrorAndItStaysHeld) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      mutex.lock();
      EXPECT_THROW(mutex.lock(), std::logic_error);
      EXPECT_THROW((void)mutex.try_lock_for(1h), std::logic_error);
      EXPECT_TRUE(mutex.is_locked());
      EXPECT_FALSE(mutex.try_lock());
      mutex.unlock();
      EXPECT_FALSE(mutex.is_locked());
      EXPECT_THROW(mutex.unlock(), std::logic_error);
      EXPECT_TRUE(mutex.try_lock());
      mutex.unlock();
    });
  });
}

// Q3
TEST_P(SyncOnAny, UnlockByAStrangerIsALogicErrorAndChangesNothing) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      mutex.lock();
      auto stranger = coir::spawn([&] { mutex.unlock(); });
      EXPECT_THROW(stranger.get(), std::logic_error);
      EXPECT_TRUE(mutex.is_locked());
      mutex.unlock();
    });
  });
}

// Q3
TEST_P(SyncOnAny, LCK_08_AMutexWhoseOwnerEndedIsBroken) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      coir::spawn([&] { mutex.lock(); }).get();
      EXPECT_THROW(mutex.lock(), coir::broken_lock);
      EXPECT_THROW((void)mutex.try_lock(), coir::broken_lock);
      EXPECT_THROW((void)mutex.try_lock_for(1h), coir::broken_lock);
      EXPECT_FALSE(mutex.is_locked());
      // Most likely where the owner was; it holds nothing all the same.
      EXPECT_THROW(coir::spawn([&] { mutex.unlock(); }).get(), std::logic_error);
    });
  });
}

// Q3
TEST_P(SyncOn, LCK_08_WaitersHearThatTheOwnerEnded) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      typename Memory::event end;
      typename Memory::event locked;
      auto owner = coir::spawn([&] {
        mutex.lock();
        locked.set();
        end.wait();
      });
      locked.wait();
      auto first = coir::spawn([&] { mutex.lock(); });
      auto second = coir::spawn([&] { (void)mutex.try_lock_for(1h); });
      await_parked(first);
      await_parked(second);
      end.set();
      EXPECT_THROW(first.get(), coir::broken_lock);
      EXPECT_THROW(second.get(), coir::broken_lock);
      owner.get();
    });
  });
}

// Q1
TEST_P(SyncOn, LCK_01_UnlockHandsTheMutexToTheOldestWaiter) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      std::vector<int> order;
      mutex.lock();
      std::vector<coir::task<>> tasks;
      for (int i = 0; i < 4; ++i) {
        tasks.push_back(coir::spawn([&, i] {
          std::scoped_lock const held(mutex);
          order.push_back(i);
        }));
        await_parked(tasks.back());
      }
      mutex.unlock();
      mutex.lock();  // behind all of them
      EXPECT_EQ(order, (std::vector{0, 1, 2, 3}));
      mutex.unlock();
    });
  });
}

// Q1
TEST(SyncOnFibers, ANewcomerCannotOvertakeTheOneAMutexWasHandedTo) {
  coir::run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      mutex.lock();
      auto waiter = coir::spawn([&] { std::scoped_lock const held(mutex); });
      await_parked(waiter);
      mutex.unlock();
      EXPECT_TRUE(mutex.is_locked());
      EXPECT_FALSE(mutex.try_lock());
      waiter.get();
      EXPECT_TRUE(mutex.try_lock());
      mutex.unlock();
    });
  });
}

// C4, C5
TEST(SyncOnFibers, LCK_04_AWaiterCancelledAfterTheHandOverHoldsTheMutex) {
  coir::run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      bool held = false;
      mutex.lock();
      auto waiter = coir::spawn([&] {
        std::scoped_lock const lock(mutex);
        held = true;
        coir::yield();
      });
      await_parked(waiter);
      mutex.unlock();
      waiter.cancel();
      EXPECT_THROW(waiter.get(), coir::cancelled);
      EXPECT_TRUE(held);
      EXPECT_FALSE(mutex.is_locked());
    });
  });
}

// C4
TEST_P(SyncOn, AWaiterThatIsCancelledDoesNotHoldTheMutex) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      mutex.lock();
      auto waiter = coir::spawn([&] { mutex.lock(); });
      await_parked(waiter);
      waiter.cancel();
      EXPECT_THROW(waiter.get(), coir::cancelled);
      mutex.unlock();
      EXPECT_FALSE(mutex.is_locked());
    });
  });
}

// Q4, T2
TEST_P(SyncOn, LCK_10_ATimedLockGivesUp) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      mutex.lock();
      auto other = coir::spawn([&] {
        EXPECT_FALSE(mutex.try_lock());
        EXPECT_FALSE(mutex.try_lock_for(0s));
        EXPECT_FALSE(mutex.try_lock_for(1ms));
      });
      other.get();
      mutex.unlock();
      EXPECT_TRUE(mutex.try_lock_for(0s));
      mutex.unlock();
    });
  });
}

// S1: a mutex excludes, across suspensions too
TEST_P(SyncOn, AMutexExcludesAcrossSuspensions) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      int inside = 0;
      int total = 0;
      coir::group([&](coir::task_group& g) {
        for (int i = 0; i < 8; ++i)
          g.spawn([&] {
            for (int k = 0; k < 20; ++k) {
              std::scoped_lock const held(mutex);
              EXPECT_EQ(++inside, 1);
              coir::yield();
              --inside;
              ++total;
            }
          });
      });
      EXPECT_EQ(total, 160);
    });
  });
}

// Q3
TEST_P(SyncOnAny, SEM_07_ReleasingMorePermitsThanThereAreIsALogicErrorAndChangesNothing) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::semaphore semaphore(2);
      EXPECT_THROW(semaphore.release(), std::logic_error);
      semaphore.acquire();
      EXPECT_THROW(semaphore.release(2), std::logic_error);
      EXPECT_EQ(semaphore.available(), 1u);
      semaphore.release();
      EXPECT_EQ(semaphore.available(), 2u);
      EXPECT_THROW(semaphore.release(static_cast<std::size_t>(-1)), std::logic_error);
      EXPECT_THROW(typename Memory::semaphore(3, 2), std::invalid_argument);
    });
  });
}

// Q4, T2
TEST_P(SyncOnAny, TimedAcquiresGiveUp) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::semaphore semaphore(1);
      EXPECT_TRUE(semaphore.try_acquire_for(0s));
      EXPECT_FALSE(semaphore.try_acquire());
      EXPECT_FALSE(semaphore.try_acquire_for(0s));
      EXPECT_FALSE(semaphore.try_acquire_for(-1s));
      EXPECT_FALSE(semaphore.try_acquire_for(1ms));
      semaphore.release();
      EXPECT_EQ(semaphore.available(), 1u);
    });
  });
}

// Q1
TEST_P(SyncOn, SEM_06_APermitGoesToTheOldestWaiterAndNoNewcomerOvertakes) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::semaphore semaphore(0, 2);
      auto first = coir::spawn([&] { semaphore.acquire(); });
      await_parked(first);
      auto second = coir::spawn([&] { semaphore.acquire(); });
      await_parked(second);
      semaphore.release();
      EXPECT_FALSE(semaphore.try_acquire());
      first.get();
      EXPECT_FALSE(second.done());
      semaphore.release();
      second.get();
      EXPECT_EQ(semaphore.available(), 0u);
    });
  });
}

// Q1
TEST_P(SyncOn, SEM_05_ReleaseOfSeveralWakesAsMany) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::semaphore semaphore(0, 3);
      auto first = coir::spawn([&] { semaphore.acquire(); });
      auto second = coir::spawn([&] { semaphore.acquire(); });
      await_parked(first);
      await_parked(second);
      semaphore.release(3);
      first.get();
      second.get();
      EXPECT_EQ(semaphore.available(), 1u);
    });
  });
}

// C4
TEST_P(SyncOn, ACancelledAcquireTakesNoPermit) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::semaphore semaphore(0, 1);
      auto waiter = coir::spawn([&] { semaphore.acquire(); });
      await_parked(waiter);
      waiter.cancel();
      semaphore.release();
      EXPECT_THROW(waiter.get(), coir::cancelled);
      EXPECT_EQ(semaphore.available(), 1u);
    });
  });
}

// C4
TEST(SyncOnFibers, SEM_03_AWaiterCancelledAfterItsReleaseKeepsThePermit) {
  coir::run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::semaphore semaphore(0, 1);
      bool acquired = false;
      auto waiter = coir::spawn([&] {
        semaphore.acquire();
        acquired = true;
        coir::yield();
      });
      await_parked(waiter);
      semaphore.release();
      waiter.cancel();
      EXPECT_THROW(waiter.get(), coir::cancelled);
      EXPECT_TRUE(acquired);
      EXPECT_EQ(semaphore.available(), 0u);
    });
  });
}

// C4, Q1
TEST_P(SyncOn, EVT_02_SetWakesAllEvenIfClearFollows) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::event event;
      std::vector<coir::task<>> tasks;
      for (int i = 0; i < 4; ++i) {
        tasks.push_back(coir::spawn([&] { event.wait(); }));
        await_parked(tasks.back());
      }
      event.set();
      event.clear();
      for (auto& task : tasks) task.get();
      EXPECT_FALSE(event.is_set());
      EXPECT_FALSE(event.wait_for(0s));
    });
  });
}

// Q4
TEST_P(SyncOnAny, EVT_04_ASetEventLetsPassAndAClearOneTimesOut) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::event event;
      EXPECT_FALSE(event.wait_for(1ms));
      event.set();
      event.set();
      event.wait();
      EXPECT_TRUE(event.wait_for(0s));
      EXPECT_TRUE(event.wait_for(-1s));
      event.clear();
      EXPECT_FALSE(event.is_set());
    });
  });
}

// S5: on serial a wait that nobody can end is a deadlock
TEST(SyncOnSerial, AWaitThatNobodyCanEndIsADeadlock) {
  coir::run({.model = coir::model::serial}, [] {
    EXPECT_THROW(coir::event().wait(), coir::deadlock);
    EXPECT_THROW(coir::semaphore(0, 1).acquire(), coir::deadlock);
    EXPECT_THROW(coir::queue<int>().get(), coir::deadlock);
  });
}

// T4
TEST_P(SyncOnAny, ATimedConditionWaitReturnsWithTheLockHeld) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      typename Memory::condition_variable condition;
      std::unique_lock lock(mutex);
      EXPECT_FALSE(condition.wait_for(lock, 1ms));
      EXPECT_TRUE(lock.owns_lock());
      EXPECT_THROW(mutex.lock(), std::logic_error);  // it is ours
      EXPECT_FALSE(condition.wait_for(lock, 1ms, [] { return false; }));
      EXPECT_TRUE(condition.wait_for(lock, 0s, [] { return true; }));
      EXPECT_FALSE(condition.wait_for(lock, 0s));
      EXPECT_TRUE(mutex.is_locked());
    });
  });
}

// T4
TEST_P(SyncOn, ACancelledConditionWaitThrowsWithTheLockHeld) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      typename Memory::condition_variable condition;
      bool held = false;
      auto waiter = coir::spawn([&] {
        std::unique_lock lock(mutex);
        try {
          condition.wait(lock);
        } catch (coir::cancelled const&) {
          held = lock.owns_lock() && mutex.is_locked();
          throw;
        }
      });
      await_parked(waiter);
      {
        std::scoped_lock const lock(mutex);  // while it waits, the mutex is free
        waiter.cancel();
      }
      EXPECT_THROW(waiter.get(), coir::cancelled);
      EXPECT_TRUE(held);
      EXPECT_FALSE(mutex.is_locked());
    });
  });
}

// T4: even when it must wait for the lock after its cancel
TEST_P(SyncOn, ACancelledConditionWaitWaitsForTheLock) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      typename Memory::condition_variable condition;
      auto waiter = coir::spawn([&] {
        std::unique_lock lock(mutex);
        condition.wait(lock);
      });
      await_parked(waiter);
      mutex.lock();
      waiter.cancel();
      EXPECT_FALSE(waiter.join_for(1ms));
      mutex.unlock();
      EXPECT_THROW(waiter.get(), coir::cancelled);
      EXPECT_FALSE(mutex.is_locked());
    });
  });
}

// Q3
TEST_P(SyncOnAny, CND_07_AConditionWaitWithoutTheLockIsALogicError) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      typename Memory::condition_variable condition;
      std::unique_lock lock(mutex, std::defer_lock);
      EXPECT_THROW(condition.wait(lock), std::logic_error);
      EXPECT_FALSE(mutex.is_locked());
    });
  });
}

// T2: further in the past than a duration holds
TEST_P(SyncOnAny, AConditionWaitUntilTheBeginningOfTimeEndsAtOnce) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      typename Memory::condition_variable condition;
      std::unique_lock lock(mutex);
      EXPECT_FALSE(condition.wait_until(lock, coir::time_point::min()));
      EXPECT_FALSE(condition.wait_for(lock, std::chrono::hours::min(), [] { return false; }));
      EXPECT_TRUE(condition.wait_until(lock, coir::time_point::min(), [] { return true; }));
      EXPECT_TRUE(lock.owns_lock());
    });
  });
}

// Q1
TEST_P(SyncOn, CND_01_NotifyEndsTheWaitOfTheOldest) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      typename Memory::condition_variable condition;
      std::vector<coir::task<>> tasks;
      for (int i = 0; i < 5; ++i) {
        tasks.push_back(coir::spawn([&] {
          std::unique_lock lock(mutex);
          condition.wait(lock);
        }));
        await_parked(tasks.back());
      }
      condition.notify(2);
      tasks[0].get();
      tasks[1].get();
      EXPECT_FALSE(tasks[2].done());
      condition.notify_one();
      tasks[2].get();
      EXPECT_FALSE(tasks[3].done());
      condition.notify_all();
      tasks[3].get();
      tasks[4].get();
      condition.notify_all();
    });
  });
}

// C5
TEST(SyncOnFibers, CND_05_OneThatWasNotifiedIsNotCancelledAnyMore) {
  coir::run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      typename Memory::condition_variable condition;
      bool notified = false;
      auto waiter = coir::spawn([&] {
        std::unique_lock lock(mutex);
        condition.wait(lock);
        notified = true;
      });
      await_parked(waiter);
      condition.notify_one();
      waiter.cancel();
      waiter.join();
      EXPECT_TRUE(notified);
      EXPECT_FALSE(waiter.cancelled());
    });
  });
}

// Q1
TEST_P(SyncOn, APredicateWaitSeesWhatTheNotifierChanged) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      typename Memory::condition_variable condition;
      int value = 0;
      auto waiter = coir::spawn([&] {
        std::unique_lock lock(mutex);
        condition.wait(lock, [&] { return value == 3; });
        return value;
      });
      for (int i = 0; i < 3; ++i) {
        std::scoped_lock const lock(mutex);
        ++value;
        condition.notify_one();
      }
      EXPECT_EQ(waiter.get(), 3);
    });
  });
}

// T2, exactly
TEST_F(SyncInVirtualTime, TimedWaitsEndExactlyOnTime) {
  in_run([&] {
    coir::event event;
    EXPECT_FALSE(event.wait_for(1h));
    coir::semaphore semaphore(0, 1);
    EXPECT_FALSE(semaphore.try_acquire_for(1h));
    coir::mutex mutex;
    coir::condition_variable condition;
    std::unique_lock lock(mutex);
    EXPECT_FALSE(condition.wait_for(lock, 1h));
    EXPECT_EQ(elapsed(), 3h);
  });
}

}  // namespace
}  // namespace contract
