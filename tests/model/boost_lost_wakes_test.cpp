// SPDX-License-Identifier: BSL-1.0
/// A deadline and a wake at the same instant: what Boost.Fiber's timed waits lose, and coir's keep.
///
/// Each pair of tests forces one interleaving. A waiter with a deadline is first in the queue, one
/// without is second. A third fiber holds the thread until the deadline has passed, then wakes one.
/// Boost's scheduler answers the first by the clock ("timed out") though it was the one chosen, so
/// nobody takes what it was woken for. In coir who was chosen has it (C4, C5).

#include <atomic>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "model/boost_program.hpp"

namespace {

using namespace boost_program;
using boost::fibers::fiber;

constexpr auto limit = 5ms;

TEST(LostWakes, BoostsTimedPopStrandsAnItemThatAnotherWaitsFor) {
  on_boost_thread([] {
    boost::fibers::buffered_channel<int> channel(2);
    auto const deadline = std::chrono::steady_clock::now() + limit;
    boost::fibers::channel_op_status first{};
    bool second_took_it = false;
    fiber timed([&] {
      int item = 0;
      first = channel.pop_wait_until(item, deadline);
    });
    fiber patient([&] {
      int item = 0;
      channel.pop(item);
      second_took_it = true;
    });
    let_others_run(1);
    hold_the_thread_until(deadline);
    channel.push(1);
    let_others_run(100);
    EXPECT_EQ(first, boost::fibers::channel_op_status::timeout);
    EXPECT_FALSE(second_took_it);  // the item lies there, and nobody will ever look
    channel.close();
    timed.join();
    patient.join();
  });
}

TEST(LostWakes, CoirsTimedGetHasTheItemThatItWasChosenFor) {
  on_boost_thread([] {
    coir::queue<int> queue(2);
    auto const deadline = coir::now() + limit;
    std::optional<int> first;
    int second = 0;
    fiber timed([&] { first = queue.get_until(deadline); });
    fiber patient([&] { second = queue.get(); });
    let_others_run(1);
    hold_the_thread_until(deadline);
    queue.put(1);
    let_others_run(100);
    EXPECT_EQ(first, 1);
    EXPECT_EQ(second, 0);
    queue.put(2);
    timed.join();
    patient.join();
    EXPECT_EQ(second, 2);
  });
}

TEST(LostWakes, BoostsTimedLockStrandsAMutexThatAnotherWaitsFor) {
  on_boost_thread([] {
    boost::fibers::timed_mutex mutex;
    auto const deadline = std::chrono::steady_clock::now() + limit;
    std::optional<bool> first;
    bool second_has_it = false;
    mutex.lock();
    fiber timed([&] { first = mutex.try_lock_until(deadline); });
    fiber patient([&] {
      mutex.lock();
      second_has_it = true;
      mutex.unlock();
    });
    let_others_run(1);
    hold_the_thread_until(deadline);
    mutex.unlock();
    let_others_run(100);
    EXPECT_EQ(first, false);
    EXPECT_FALSE(second_has_it);  // the mutex is free, and nobody will ever look
    mutex.lock();
    mutex.unlock();  // wakes the one who was passed over
    timed.join();
    patient.join();
  });
}

TEST(LostWakes, CoirsTimedLockHasTheMutexThatItWasChosenFor) {
  on_boost_thread([] {
    coir::mutex mutex;
    auto const deadline = coir::now() + limit;
    std::optional<bool> first;
    bool second_has_it = false;
    mutex.lock();
    fiber timed([&] {
      first = mutex.try_lock_until(deadline);
      if (*first) mutex.unlock();
    });
    fiber patient([&] {
      mutex.lock();
      second_has_it = true;
      mutex.unlock();
    });
    let_others_run(1);
    hold_the_thread_until(deadline);
    mutex.unlock();
    let_others_run(100);
    EXPECT_EQ(first, true);
    EXPECT_TRUE(second_has_it);
    timed.join();
    patient.join();
  });
}

// Made ready twice, the fiber would leave its next wait without anybody having ended that.
TEST(LostWakes, FIB_01_ANotifyAndATimeoutMakeAFiberReadyOnce) {
  on_boost_thread([] {
    coir::mutex m;
    coir::condition_variable changed;
    coir::queue<int> next;
    int token = -1;
    fiber waiter([&] {
      std::unique_lock lock(m);
      EXPECT_TRUE(changed.wait_for(lock, limit));
      lock.unlock();
      token = next.get();
    });
    let_others_run(1);
    hold_the_thread_until(coir::now() + limit);
    changed.notify_one();
    let_others_run(100);
    EXPECT_EQ(token, -1);
    next.put(7);
    waiter.join();
    EXPECT_EQ(token, 7);
  });
}

TEST(LostWakes, FIB_01_AThreadsNotifyAndATimeoutMakeAFiberReadyOnce) {
  coir::mutex m;
  coir::condition_variable changed;
  coir::queue<int> next;
  coir::queue<int> begun;
  constexpr int rounds = 500;
  std::thread notifier([&] {
    for (int i = 0; i < rounds; ++i) {
      (void)begun.get();
      changed.notify_one();
      next.put(i);
    }
  });
  on_boost_thread([&] {
    fiber([&] {
      for (int i = 0; i < rounds; ++i) {
        std::unique_lock lock(m);
        begun.put(i);
        changed.wait_for(lock, std::chrono::microseconds(i % 50));
        lock.unlock();
        ASSERT_EQ(next.get(), i);
      }
    }).join();
  });
  notifier.join();
}

/// Yields to other fibers while it is moved.
struct slow_to_move {
  explicit slow_to_move(int number_) : number(number_) {}
  slow_to_move(slow_to_move&& other) : number(other.number) { boost::this_fiber::yield(); }
  slow_to_move& operator=(slow_to_move&& other) {
    number = other.number;
    boost::this_fiber::yield();
    return *this;
  }
  int number;
};

TEST(LostWakes, FIB_03_ItemsThatYieldWhileTheyAreMovedLeaveNobodyBehind) {
  on_boost_thread([] {
    coir::queue<slow_to_move> queue(1);
    constexpr int count = 50;
    int sum = 0;
    auto const produce = [&] {
      for (int i = 1; i <= count; ++i) queue.put(slow_to_move(i));
    };
    auto const consume = [&] {
      for (int i = 1; i <= count; ++i) sum += queue.get().number;
    };
    fiber fibers[] = {fiber(produce), fiber(produce), fiber(consume), fiber(consume)};
    for (auto& each : fibers) each.join();
    EXPECT_EQ(sum, count * (count + 1));
    EXPECT_TRUE(queue.empty());
  });
}

}  // namespace
