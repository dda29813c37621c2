// SPDX-License-Identifier: BSL-1.0
/// One writer or several readers, in the order they came.

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "contract/models.hpp"

namespace contract {
namespace {

class SharedMutexOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SharedMutexOnAny, all_models, model_name);

class SharedMutexOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SharedMutexOn, concurrent_models, model_name);

using SharedMutexInVirtualTime = virtual_run;

/// Tasks that lock one shared_mutex and say so, in an order that the test sets.
class line {
 public:
  explicit line(coir::shared_mutex& mutex) : mutex_(mutex) {}

  /// Returns once a task is parked in lock_shared(); it holds it until `leave` is set.
  coir::task<>& reader(char name) {
    return add([this, name] {
      std::shared_lock const held(mutex_);
      note(name);
      leave.wait();
    });
  }
  coir::task<>& writer(char name) {
    return add([this, name] {
      std::unique_lock const held(mutex_);
      note(name);
      leave.wait();
    });
  }
  /// Who was let in, in order.
  std::string entered() {
    std::scoped_lock const held(lock_);
    return entered_;
  }
  /// Lets everybody through, and waits for their end.
  void finish() {
    leave.set();
    for (auto& each : tasks_) each->join();
  }

  coir::event leave;

 private:
  template <class F>
  coir::task<>& add(F f) {
    tasks_.push_back(std::make_unique<coir::task<>>(coir::spawn(f)));
    await_parked(*tasks_.back());
    return *tasks_.back();
  }
  void note(char name) {
    std::scoped_lock const held(lock_);
    entered_ += name;
  }

  coir::shared_mutex& mutex_;
  std::mutex lock_;  // of entered_
  std::string entered_;
  std::vector<std::unique_ptr<coir::task<>>> tasks_;
};

/// Waits until as many readers as that hold it.
void await_readers(coir::shared_mutex& mutex, std::size_t count) {
  while (mutex.readers() != count) coir::yield();
}

TEST_P(SharedMutexOn, ReadersHoldItTogetherAWriterAlone) {
  in_run([] {
    coir::shared_mutex mutex;
    std::shared_lock const here(mutex);
    coir::spawn([&] {
      std::shared_lock const there(mutex);
      EXPECT_EQ(mutex.readers(), 2u);
      EXPECT_FALSE(mutex.try_lock());
    }).get();
    EXPECT_EQ(mutex.readers(), 1u);
    EXPECT_FALSE(mutex.is_locked());
  });
}

TEST_P(SharedMutexOn, AWriterKeepsReadersAndWritersOut) {
  in_run([] {
    coir::shared_mutex mutex;
    std::unique_lock const alone(mutex);
    coir::spawn([&] {
      EXPECT_FALSE(mutex.try_lock());
      EXPECT_FALSE(mutex.try_lock_shared());
      EXPECT_FALSE(mutex.try_lock_for(0s));
      EXPECT_FALSE(mutex.try_lock_shared_for(-1s));
      EXPECT_FALSE(mutex.try_lock_for(1ms));
      EXPECT_FALSE(mutex.try_lock_shared_for(1ms));
    }).get();
    EXPECT_TRUE(mutex.is_locked());
    EXPECT_EQ(mutex.readers(), 0u);
  });
}

// Q1
TEST_P(SharedMutexOn, AReaderAfterAWaitingWriterWaits) {
  in_run([] {
    coir::shared_mutex mutex;
    line line(mutex);
    mutex.lock_shared();
    line.writer('w');
    EXPECT_FALSE(coir::spawn([&] { return mutex.try_lock_shared(); }).get());
    line.reader('r');
    EXPECT_EQ(line.entered(), "");
    mutex.unlock_shared();
    line.finish();
    EXPECT_EQ(line.entered(), "wr");
  });
}

// Q1
TEST_P(SharedMutexOn, NeighbouringReadersAreLetInTogetherAndNoFurther) {
  in_run([] {
    coir::shared_mutex mutex;
    line line(mutex);
    mutex.lock();
    line.reader('a');
    line.reader('b');
    line.writer('w');
    line.reader('c');
    mutex.unlock();
    await_readers(mutex, 2);
    EXPECT_FALSE(mutex.is_locked());
    EXPECT_FALSE(mutex.try_lock());
    EXPECT_FALSE(mutex.try_lock_shared());
    line.finish();
    std::string const order = line.entered();
    EXPECT_TRUE(order == "abwc" || order == "bawc") << order;
  });
}

// C4: a writer that gives up no longer keeps the readers behind it waiting
TEST_P(SharedMutexOn, AWriterThatLeavesTheLineLetsTheReadersBehindItIn) {
  in_run([] {
    coir::shared_mutex mutex;
    line line(mutex);
    mutex.lock_shared();
    auto& writer = line.writer('w');
    line.reader('a');
    line.reader('b');
    writer.cancel();
    await_readers(mutex, 3);
    EXPECT_THROW(writer.get(), coir::cancelled);
    mutex.unlock_shared();
    line.finish();
    EXPECT_EQ(mutex.readers(), 0u);
  });
}

// Q4: likewise when its time is up
TEST_F(SharedMutexInVirtualTime, AWriterThatTimesOutLetsTheReadersBehindItIn) {
  in_run([&] {
    coir::shared_mutex mutex;
    mutex.lock_shared();
    auto writer = coir::spawn([&] { return mutex.try_lock_for(1h); });
    await_parked(writer);
    auto reader = coir::spawn([&] {
      std::shared_lock const held(mutex);
      return elapsed();
    });
    EXPECT_EQ(reader.get(), 1h);
    EXPECT_FALSE(writer.get());
    mutex.unlock_shared();
    EXPECT_FALSE(mutex.is_locked());
  });
}

// Q1: a writer whose wait is over is no longer before us
TEST(SharedMutexOnFibers, AReaderDoesNotWaitForAWriterThatWasCancelled) {
  coir::run([] {
    coir::shared_mutex mutex;
    auto holder = coir::spawn([&] {
      std::shared_lock const held(mutex);
      coir::event().wait();
    });
    await_parked(holder);
    auto writer = coir::spawn([&] { mutex.lock(); });
    await_parked(writer);
    writer.cancel();
    EXPECT_TRUE(mutex.try_lock_shared());
    mutex.unlock_shared();
  });
}

// C5
TEST_P(SharedMutexOn, OneThatWasLetInHoldsItThoughCancelledBeforeItRuns) {
  in_run([] {
    coir::shared_mutex mutex;
    line line(mutex);
    mutex.lock();
    auto& reader = line.reader('r');
    auto& writer = line.writer('w');
    mutex.unlock();
    reader.cancel();  // it has its share, and its wait for `leave` throws
    EXPECT_THROW(reader.get(), coir::cancelled);
    writer.cancel();
    EXPECT_THROW(writer.get(), coir::cancelled);
    EXPECT_EQ(line.entered().front(), 'r');
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  });
}

// C4
TEST_P(SharedMutexOn, ACancelledWaiterHoldsNothing) {
  in_run([] {
    coir::shared_mutex mutex;
    mutex.lock();
    auto reader = coir::spawn([&] { mutex.lock_shared(); });
    auto writer = coir::spawn([&] { mutex.lock(); });
    await_parked(reader);
    await_parked(writer);
    reader.cancel();
    writer.cancel();
    EXPECT_THROW(reader.get(), coir::cancelled);
    EXPECT_THROW(writer.get(), coir::cancelled);
    mutex.unlock();
    EXPECT_FALSE(mutex.is_locked());
    EXPECT_EQ(mutex.readers(), 0u);
  });
}

TEST_P(SharedMutexOnAny, StdLocksTakeItInEveryForm) {
  in_run([] {
    coir::shared_mutex mutex;
    {
      std::shared_lock const held(mutex, 1h);
      EXPECT_TRUE(held.owns_lock());
      EXPECT_EQ(mutex.readers(), 1u);
    }
    {
      std::unique_lock const held(mutex, coir::now() + 1h);
      EXPECT_TRUE(held.owns_lock());
      EXPECT_TRUE(mutex.is_locked());
    }
    {
      std::shared_lock const held(mutex, std::try_to_lock);
      EXPECT_TRUE(held.owns_lock());
    }
    std::scoped_lock const held(mutex);
    EXPECT_TRUE(mutex.is_locked());
  });
}

}  // namespace
}  // namespace contract
