// SPDX-License-Identifier: BSL-1.0
/// What a shared_mutex refuses, and how it breaks.

#include <stdexcept>

#include "contract/models.hpp"

namespace contract {
namespace {

class SharedMutexMisuseOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SharedMutexMisuseOnAny, all_models, model_name);

class SharedMutexMisuseOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SharedMutexMisuseOn, concurrent_models, model_name);

// Q3
TEST_P(SharedMutexMisuseOnAny, LockingItTwiceIsALogicErrorAndChangesNothing) {
  in_run([] {
    coir::shared_mutex mutex;
    mutex.lock();
    EXPECT_THROW(mutex.lock(), std::logic_error);
    EXPECT_THROW(mutex.lock_shared(), std::logic_error);
    EXPECT_THROW((void)mutex.try_lock_shared_for(1h), std::logic_error);
    EXPECT_FALSE(mutex.try_lock());
    EXPECT_FALSE(mutex.try_lock_shared());
    mutex.unlock();
    mutex.lock_shared();
    EXPECT_THROW(mutex.lock(), std::logic_error);
    EXPECT_THROW((void)mutex.try_lock_for(1h), std::logic_error);
    EXPECT_THROW(mutex.lock_shared(), std::logic_error);
    EXPECT_FALSE(mutex.try_lock());
    EXPECT_FALSE(mutex.try_lock_shared());
    EXPECT_EQ(mutex.readers(), 1u);
    mutex.unlock_shared();
  });
}

// Q3
TEST_P(SharedMutexMisuseOnAny, UnlockByAStrangerIsALogicErrorAndChangesNothing) {
  in_run([] {
    coir::shared_mutex mutex;
    EXPECT_THROW(mutex.unlock(), std::logic_error);
    EXPECT_THROW(mutex.unlock_shared(), std::logic_error);
    mutex.lock_shared();
    EXPECT_THROW(mutex.unlock(), std::logic_error);
    EXPECT_THROW(coir::spawn([&] { mutex.unlock_shared(); }).get(), std::logic_error);
    EXPECT_EQ(mutex.readers(), 1u);
    mutex.unlock_shared();
    mutex.lock();
    EXPECT_THROW(mutex.unlock_shared(), std::logic_error);
    EXPECT_THROW(coir::spawn([&] { mutex.unlock(); }).get(), std::logic_error);
    EXPECT_TRUE(mutex.is_locked());
    mutex.unlock();
  });
}

// Q3
TEST_P(SharedMutexMisuseOnAny, OneThatEndsHoldingItLeavesItBroken) {
  in_run([] {
    for (bool const shared : {false, true}) {
      coir::shared_mutex mutex;
      coir::spawn([&] { shared ? mutex.lock_shared() : mutex.lock(); }).get();
      EXPECT_THROW(mutex.lock(), coir::broken_lock);
      EXPECT_THROW(mutex.lock_shared(), coir::broken_lock);
      EXPECT_THROW((void)mutex.try_lock(), coir::broken_lock);
      EXPECT_THROW((void)mutex.try_lock_shared(), coir::broken_lock);
      EXPECT_THROW((void)mutex.try_lock_for(1h), coir::broken_lock);
      EXPECT_THROW((void)mutex.try_lock_shared_for(1h), coir::broken_lock);
      EXPECT_EQ(mutex.readers(), 0u);
    }
  });
}

// Q3
TEST_P(SharedMutexMisuseOn, WaitersHearThatAReaderEndedAndOtherReadersCanLeave) {
  in_run([] {
    coir::shared_mutex mutex;
    coir::event end;
    mutex.lock_shared();
    auto careless = coir::spawn([&] {
      mutex.lock_shared();
      end.wait();
    });
    await_parked(careless);
    auto writer = coir::spawn([&] { mutex.lock(); });
    await_parked(writer);
    auto reader = coir::spawn([&] { mutex.lock_shared(); });
    await_parked(reader);
    end.set();
    EXPECT_THROW(writer.get(), coir::broken_lock);
    EXPECT_THROW(reader.get(), coir::broken_lock);
    mutex.unlock_shared();
    EXPECT_EQ(mutex.readers(), 0u);
  });
}

TEST_P(SharedMutexMisuseOnAny, ItMayGoWhileItsDestroyerHoldsIt) {
  in_run([] {
    {
      coir::shared_mutex mutex;
      mutex.lock_shared();
    }
    coir::shared_mutex mutex;
    mutex.lock();
  });
}

TEST(SharedMutexDeathTest, ItMayNotGoWhileAnotherTaskHoldsItShared) {
  auto const destroy = [] {
    coir::run({.model = coir::model::serial}, [] {
      coir::shared_mutex mutex;
      mutex.lock_shared();
      coir::spawn([&] { mutex.~shared_mutex(); }).join();
    });
  };
  EXPECT_DEATH(destroy(), "shared_mutex was destroyed while other tasks hold it shared");
}

}  // namespace
}  // namespace contract
