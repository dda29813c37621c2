// SPDX-License-Identifier: BSL-1.0
/// Primitives that processes share, and what a death leaves of them.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include <coir/cancel/scope.hpp>
#include <coir/model/model.hpp>
#include <coir/queue/queue.hpp>
#include <coir/shared/shared_barrier.hpp>
#include <coir/shared/shared_condition_variable.hpp>
#include <coir/shared/shared_event.hpp>
#include <coir/shared/shared_mutex.hpp>
#include <coir/shared/shared_queue.hpp>
#include <coir/shared/shared_semaphore.hpp>
#include <coir/task/spawn.hpp>
#include <coir/task/timeout.hpp>

#include "shared/child.hpp"
#include "shared/death.hpp"

namespace {

using namespace std::chrono_literals;
using shared_mutex_type = coir::shared<coir::mutex>;
using shared_lock = std::unique_lock<shared_mutex_type>;

TEST(SharedMutexTest, OneAtATime) {
  shared_mutex_type mutex;
  coir::shared<coir::queue<std::int64_t>> const cell(1);
  cell.put(0);
  auto const add = [&] {
    for (int i = 0; i < 500; ++i) {
      shared_lock const held(mutex);
      // Not one step: who came in between would find it empty.
      std::optional<std::int64_t> const value = cell.try_get();
      if (!value || !cell.try_put(*value + 1)) return false;
    }
    return true;
  };
  child first(add), second(add);
  EXPECT_TRUE(add());
  EXPECT_EQ(first.wait(), 0);
  EXPECT_EQ(second.wait(), 0);
  EXPECT_EQ(cell.get(), 1500);
}

TEST(SharedMutexTest, StrangersAreRefused) {
  shared_mutex_type const mutex;
  EXPECT_THROW(mutex.unlock(), std::logic_error);
  mutex.lock();
  EXPECT_THROW(mutex.lock(), std::logic_error);
  child stranger([&] {
    EXPECT_THROW(mutex.unlock(), std::logic_error);
    EXPECT_FALSE(mutex.try_lock());
    EXPECT_FALSE(mutex.try_lock_for(1ms));
    return !testing::Test::HasFailure();
  });
  EXPECT_EQ(stranger.wait(), 0);
  mutex.unlock();
  EXPECT_FALSE(mutex.is_locked());
}

TEST(SharedMutexTest, ATaskThatEndsHoldingItBreaksIt) {
  shared_mutex_type const mutex;
  coir::run([&] { coir::spawn([&] { mutex.lock(); }).join(); });
  EXPECT_THROW(mutex.lock(), coir::broken_lock);
}

TEST(SharedMutexTest, AProcessThatDiesHoldingItBreaksIt) {
  shared_mutex_type const mutex;
  coir::shared<coir::event> const locked;
  child owner([&] {
    mutex.lock();
    locked.set();
    coir::shared<coir::event>().wait();
  });
  locked.wait();
  child waiter([&] {
    EXPECT_THROW(mutex.lock(), coir::broken_lock);
    return !testing::Test::HasFailure();
  });
  owner.kill();
  EXPECT_EQ(waiter.wait(), 0);
  EXPECT_THROW((void)mutex.try_lock(), coir::broken_lock);
}

TEST(SharedMutexTest, AProcessThatDropsItHoldingItBreaksIt) {
  std::optional<shared_mutex_type const> mutex(std::in_place);
  coir::shared<coir::event> const dropped;
  child owner([&] {
    mutex->lock();
    mutex.reset();
    dropped.set();
    coir::shared<coir::event>().wait();
  });
  dropped.wait();
  EXPECT_THROW(mutex->lock(), coir::broken_lock);
}

TEST(SharedMutexTest, ACopyOfItsOwnerWaitsForIt) {
  shared_mutex_type const mutex;
  coir::shared<coir::event> const there;
  mutex.lock();
  child copy([&] {
    EXPECT_FALSE(mutex.try_lock());
    there.set();
    for (int i = 0; i < 2; ++i) {
      mutex.lock();
      mutex.unlock();
    }
    // Nor does it hold what its original held when it was made.
    coir::detail::current_task_or_thread().held_locks.for_each([](auto&) { ::_exit(2); });
    return !testing::Test::HasFailure();
  });
  there.wait();
  mutex.unlock();
  EXPECT_EQ(copy.wait(), 0);
  EXPECT_FALSE(mutex.is_locked());
}

TEST(SharedEventTest, SetWakesWhoWaitsInOtherProcesses) {
  coir::shared<coir::event> const go, arrived;
  EXPECT_FALSE(go.wait_for(0s));
  child waiter([&] {
    arrived.set();
    go.wait();
  });
  arrived.wait();
  go.set();
  EXPECT_EQ(waiter.wait(), 0);
  EXPECT_TRUE(go.wait_for(0s));
  go.clear();
  EXPECT_FALSE(go.is_set());
}

TEST(SharedSemaphoreTest, PermitsGoToOtherProcesses) {
  coir::shared<coir::semaphore> const permits(0, 2);
  child taker([&] {
    permits.acquire();
    permits.acquire();
  });
  permits.release();
  permits.release();
  EXPECT_EQ(taker.wait(), 0);
  EXPECT_EQ(permits.available(), 0U);
  EXPECT_FALSE(permits.try_acquire());
  EXPECT_FALSE(permits.try_acquire_for(1ms));
  permits.release(2);
  EXPECT_THROW(permits.release(), std::logic_error);
  EXPECT_TRUE(permits.try_acquire());
}

TEST(SharedBarrierTest, LetsPartiesThroughTogether) {
  coir::shared<coir::barrier> const barrier(3);
  auto const pass = [&] {
    std::size_t sum = 0;
    for (int i = 0; i < 100; ++i) sum += barrier.wait();
    return sum <= 200;
  };
  child first(pass), second(pass);
  EXPECT_TRUE(pass());
  EXPECT_EQ(first.wait(), 0);
  EXPECT_EQ(second.wait(), 0);
  EXPECT_EQ(barrier.wait_for(1ms), std::nullopt);
  EXPECT_EQ(barrier.waiting(), 0U);
}

TEST(SharedBarrierTest, AbortReachesOtherProcesses) {
  coir::shared<coir::barrier> const barrier(2);
  child waiter([&] {
    EXPECT_THROW(barrier.wait(), coir::broken_barrier);
    return !testing::Test::HasFailure();
  });
  while (barrier.waiting() != 1) std::this_thread::yield();
  barrier.abort();
  EXPECT_EQ(waiter.wait(), 0);
  EXPECT_TRUE(barrier.is_broken());
  barrier.reset();
  EXPECT_FALSE(barrier.is_broken());
}

TEST(SharedConditionTest, NotifiesOtherProcesses) {
  shared_mutex_type mutex;
  coir::shared<coir::condition_variable> const changed;
  coir::shared<coir::queue<std::int64_t>> const values(4);
  child waiter([&] {
    shared_lock lock(mutex);
    changed.wait(lock, [&] { return values.size() == 2; });
    return lock.owns_lock();
  });
  for (int i = 0; i < 2; ++i) {
    shared_lock const held(mutex);
    values.put(i);
    changed.notify_one();
  }
  EXPECT_EQ(waiter.wait(), 0);
  shared_lock lock(mutex);
  EXPECT_FALSE(changed.wait_for(lock, 1ms));
  EXPECT_TRUE(lock.owns_lock());
}

TEST(SharedSyncTest, CancelEndsWaitOfFiber) {
  shared_mutex_type mutex;
  mutex.lock();
  coir::shared<coir::event> const event;
  coir::shared<coir::semaphore> const permits(0, 1);
  coir::run([&] {
    EXPECT_THROW(coir::timeout(1ms, [&] { mutex.lock(); }), coir::timeout_error);
    EXPECT_THROW(coir::timeout(1ms, [&] { event.wait(); }), coir::timeout_error);
    EXPECT_THROW(coir::timeout(1ms, [&] { permits.acquire(); }), coir::timeout_error);
  });
  mutex.unlock();
}

// ---- deaths --------------------------------------------------------------------------------------

class SharedSyncDeathTest : public testing::TestWithParam<int> {
 protected:
  coir::detail::step const at = static_cast<coir::detail::step>(GetParam());
};

TEST_P(SharedSyncDeathTest, MutexIsFreeOrBroken) {
  shared_mutex_type const mutex;
  child victim([&] {
    die_at(at);
    mutex.lock();
    mutex.unlock();
    ::_exit(0);
  });
  (void)victim.wait();
  try {
    EXPECT_TRUE(mutex.try_lock_for(10s));
    mutex.unlock();
  } catch (coir::broken_lock const&) {
  }
}

TEST_P(SharedSyncDeathTest, MutexHandedToADeadOneGoesOn) {
  shared_mutex_type const mutex;
  coir::shared<coir::event> const held;
  child owner([&] {
    mutex.lock();
    held.set();
    die_at(at);
    mutex.unlock();
    ::_exit(0);
  });
  child heir([&] {
    held.wait();
    try {
      if (!mutex.try_lock_for(10s)) return false;
      mutex.unlock();
    } catch (coir::broken_lock const&) {
    }
    return true;
  });
  (void)owner.wait();
  EXPECT_EQ(heir.wait(), 0);
}

TEST_P(SharedSyncDeathTest, PermitOfADeadAcquireComesBack) {
  coir::shared<coir::semaphore> const permits(1);
  child victim([&] {
    die_at(at);
    permits.acquire();
    ::_exit(0);
  });
  bool const died = victim.wait() != 0;
  EXPECT_EQ(permits.try_acquire_for(died ? 10s : 0s), died);
}

TEST_P(SharedSyncDeathTest, PermitHandedToADeadOneGoesToTheNext) {
  coir::shared<coir::semaphore> const permits(0, 2);
  child victim([&] {
    die_at(at);
    permits.acquire();
    ::_exit(0);
  });
  child next([&] { permits.acquire(); });
  permits.release(2);
  bool const died = victim.wait() != 0;
  EXPECT_EQ(next.wait(), 0);
  EXPECT_EQ(permits.try_acquire_for(died ? 10s : 0s), died);
}

TEST_P(SharedSyncDeathTest, SetOfADyingProcessWakesAllOrNone) {
  coir::shared<coir::event> const event;
  auto const pass = [&] { event.wait(); };
  child first(pass), second(pass);
  child victim([&] {
    die_at(at);
    event.set();
    ::_exit(0);
  });
  (void)victim.wait();
  event.set();
  EXPECT_EQ(first.wait(), 0);
  EXPECT_EQ(second.wait(), 0);
}

TEST_P(SharedSyncDeathTest, BarrierStaysUsable) {
  coir::shared<coir::barrier> const barrier(2);
  child victim([&] {
    die_at(at);
    (void)barrier.wait();
    ::_exit(0);
  });
  child other([&] { return barrier.wait() < 2; });
  (void)victim.wait();
  // One of three has died: it has made a round with the other, or left it waiting for us.
  if (!other.ends_within(200)) (void)barrier.wait_for(10s);
  EXPECT_EQ(other.wait(), 0);
}

INSTANTIATE_TEST_SUITE_P(EachStep, SharedSyncDeathTest, testing::ValuesIn(steps_of_primitives));

}  // namespace
