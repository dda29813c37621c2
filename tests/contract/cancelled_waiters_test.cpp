// SPDX-License-Identifier: BSL-1.0
/// Waiters that are cancelled while what they wait for is given: nobody behind them is stranded.

#include <mutex>
#include <vector>

#include "contract/memories.hpp"
#include "contract/models.hpp"

namespace contract {
namespace {

class CancelledWaiterOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, CancelledWaiterOn, concurrent_models, model_name);

/// Tasks that each do the same, parked one behind the other.
template <class F>
std::vector<coir::task<>> parked_in_line(int count, F f) {
  std::vector<coir::task<>> line;
  for (int place = 0; place < count; ++place) {
    line.push_back(coir::spawn(f, place));
    await_parked(line.back());
  }
  return line;
}

// Q1, C4
TEST_P(CancelledWaiterOn, LCK_02_LCK_03_TheNextInLineGetsTheMutexThatTheFirstWasTooLateFor) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      mutex.lock();
      auto line = parked_in_line(3, [&](int) { std::scoped_lock const held(mutex); });
      line[0].cancel();
      mutex.unlock();
      line[1].get();
      line[2].get();
      EXPECT_THROW(line[0].get(), coir::cancelled);
      EXPECT_FALSE(mutex.is_locked());
    });
  });
}

// C4, C5
TEST_P(CancelledWaiterOn, LCK_06_TheMutexIsNeitherLostNorHeldWhicheverComesFirst) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      for (bool const cancel_first : {true, false}) {
        typename Memory::mutex mutex;
        mutex.lock();
        auto line = parked_in_line(2, [&](int) { std::scoped_lock const held(mutex); });
        if (cancel_first) line[0].cancel();
        mutex.unlock();
        if (!cancel_first) line[0].cancel();
        line[0].join();
        line[1].get();
        EXPECT_EQ(line[0].cancelled(), cancel_first);
        EXPECT_FALSE(mutex.is_locked());
      }
    });
  });
}

// Q1, C4
TEST_P(CancelledWaiterOn, SEM_01_SEM_02_APermitPassesOverThoseThatWereCancelled) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::semaphore semaphore(0, 4);
      auto line = parked_in_line(4, [&](int) { semaphore.acquire(); });
      line[0].cancel();
      line[1].cancel();
      semaphore.release();
      line[2].get();
      EXPECT_FALSE(line[3].done());
      EXPECT_EQ(semaphore.available(), 0u);
      semaphore.release();
      line[3].get();
      EXPECT_TRUE((line[0].join(), line[0].cancelled()));
      EXPECT_TRUE((line[1].join(), line[1].cancelled()));
    });
  });
}

// Q1
TEST_P(CancelledWaiterOn, SEM_04_WhoReleasesAndAcquiresAgainQueuesBehindTheWaiters) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::semaphore semaphore(1);
      std::vector<int> order;
      semaphore.acquire();
      auto line = parked_in_line(2, [&](int place) {
        semaphore.acquire();
        order.push_back(place);
        semaphore.release();
      });
      semaphore.release();
      semaphore.acquire();
      order.push_back(2);
      semaphore.release();
      line[0].get();
      line[1].get();
      EXPECT_EQ(order, (std::vector{0, 1, 2}));
    });
  });
}

// Q1, C4
TEST_P(CancelledWaiterOn, SEM_05_SeveralPermitsGoToAsManyThatStillWait) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::semaphore semaphore(0, 4);
      auto line = parked_in_line(4, [&](int) { semaphore.acquire(); });
      line[1].cancel();
      semaphore.release(2);
      line[0].get();
      line[2].get();
      EXPECT_FALSE(line[3].done());
      semaphore.release();
      line[3].get();
      EXPECT_THROW(line[1].get(), coir::cancelled);
    });
  });
}

// S1: the parked one has not run yet
TEST(CancelledWaiterOnFibers, EVT_01_WhoComesAfterTheSetPassesBeforeTheParkedOnesGoOn) {
  coir::run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::event event;
      bool gone_on = false;
      auto parked = coir::spawn([&] {
        event.wait();
        gone_on = true;
      });
      await_parked(parked);
      event.set();
      event.wait();
      EXPECT_FALSE(gone_on);
      parked.get();
      EXPECT_TRUE(gone_on);
    });
  });
}

// C4
TEST_P(CancelledWaiterOn, EVT_03_ASetWakesAllButTheCancelledOneInTheMiddle) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::event event;
      auto line = parked_in_line(3, [&](int) { event.wait(); });
      line[1].cancel();
      event.set();
      line[0].get();
      line[2].get();
      EXPECT_THROW(line[1].get(), coir::cancelled);
    });
  });
}

// T4, C5
TEST_P(CancelledWaiterOn, CND_03_CancelledWhileItTakesTheLockAgainItStillComesBackWithIt) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      typename Memory::condition_variable condition;
      bool held = false;
      auto waiter = coir::spawn([&] {
        std::unique_lock lock(mutex);
        condition.wait(lock);
        held = lock.owns_lock() && mutex.is_locked();
      });
      await_parked(waiter);
      {
        std::scoped_lock const contested(mutex);
        condition.notify_one();
        coir::yield();  // it was notified, and now waits for the mutex
        waiter.cancel();
      }
      waiter.join();
      EXPECT_TRUE(held);
      EXPECT_FALSE(mutex.is_locked());
    });
  });
}

// Q1: no barging
TEST_P(CancelledWaiterOn, FIB_09_ALoopOfUnlocksAndLocksDoesNotStarveTheParkedOne) {
  in_run([] {
    on_each_memory([]<class Memory>(Memory) {
      typename Memory::mutex mutex;
      bool passed = false;
      mutex.lock();
      auto line = parked_in_line(1, [&](int) {
        std::scoped_lock const held(mutex);
        passed = true;
      });
      mutex.unlock();
      mutex.lock();  // behind the parked one
      EXPECT_TRUE(passed);
      mutex.unlock();
      line[0].get();
    });
  });
}

}  // namespace
}  // namespace contract
