// SPDX-License-Identifier: BSL-1.0
/// Locks whose owner is no task, or ends while somebody waits for a condition.

#include <mutex>
#include <optional>
#include <thread>

#include "contract/models.hpp"

namespace contract {
namespace {

class BrokenLockOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, BrokenLockOn, concurrent_models, model_name);

// Q3
TEST_P(BrokenLockOn, LCK_08_APlainThreadThatEndsHoldingLocksLeavesThemBroken) {
  in_run([] {
    coir::mutex mutex;
    coir::shared_mutex alone;
    coir::shared_mutex shared;
    std::thread([&] {
      mutex.lock();
      alone.lock();
      shared.lock_shared();
    }).join();
    EXPECT_THROW(mutex.lock(), coir::broken_lock);
    EXPECT_THROW(alone.lock_shared(), coir::broken_lock);
    EXPECT_THROW(shared.lock(), coir::broken_lock);
  });
}

// Q3
TEST_P(BrokenLockOn, LCK_08_WaitersHearThatAPlainThreadEnded) {
  in_run([] {
    coir::mutex mutex;
    coir::event locked;
    coir::event end;
    std::thread owner([&] {
      mutex.lock();
      locked.set();
      end.wait();
    });
    locked.wait();
    auto first = coir::spawn([&] { mutex.lock(); });
    auto second = coir::spawn([&] { mutex.lock(); });
    await_parked(first);
    await_parked(second);
    end.set();
    EXPECT_THROW(first.get(), coir::broken_lock);
    EXPECT_THROW(second.get(), coir::broken_lock);
    owner.join();
  });
}

TEST(BrokenLock, APlainThreadThatUnlocksLeavesTheMutexSound) {
  coir::mutex mutex;
  std::thread([&] { std::scoped_lock const held(mutex); }).join();
  EXPECT_TRUE(mutex.try_lock());
  mutex.unlock();
}

// Q3, T4: the mutex cannot be held again, and the caller's lock does not try to unlock it
TEST_P(BrokenLockOn, AConditionWaitHearsThatTheMutexBroke) {
  in_run([] {
    coir::mutex mutex;
    coir::condition_variable condition;
    std::optional<bool> owned;
    auto waiter = coir::spawn([&] {
      std::unique_lock lock(mutex);
      try {
        condition.wait(lock);
      } catch (...) {
        owned = lock.owns_lock();
        throw;
      }
    });
    await_parked(waiter);
    coir::spawn([&] { mutex.lock(); }).get();
    condition.notify_one();
    EXPECT_THROW(waiter.get(), coir::broken_lock);
    EXPECT_EQ(owned, false);
  });
}

}  // namespace
}  // namespace contract
