// SPDX-License-Identifier: BSL-1.0
/// Mutex, condition, semaphore, event and barrier between tasks that may be processes.

#include <mutex>
#include <stdexcept>
#include <vector>

#include "contract/portable.hpp"

namespace contract {
namespace {

class PortableSyncOn : public portable_on {};
INSTANTIATE_TEST_SUITE_P(Models, PortableSyncOn, portable_models, model_name);

using shared_mutex = coir::shared<coir::mutex>;
using shared_condition = coir::shared<coir::condition_variable>;
using shared_semaphore = coir::shared<coir::semaphore>;
using shared_event = coir::shared<coir::event>;
using shared_barrier = coir::shared<coir::barrier>;

// S1
TEST_P(PortableSyncOn, AMutexExcludesAcrossSuspensions) {
  in_run([] {
    auto const count = [](shared_mutex const& mutex) {
      for (int i = 0; i < 25; ++i) {
        std::scoped_lock const held(mutex);
        auto const seen = shared(0).load();
        coir::yield();
        shared(0) = seen + 1;
      }
    };
    shared_mutex const mutex;
    coir::group([&](coir::task_group& group) {
      for (int i = 0; i < 4; ++i) group.spawn(count, mutex);
    });
    EXPECT_EQ(shared(0), 100u);
    EXPECT_FALSE(mutex.is_locked());
  });
}

// Q3
TEST_P(PortableSyncOn, AStrangerCannotUnlock) {
  in_run([] {
    shared_mutex const mutex;
    mutex.lock();
    EXPECT_THROW(mutex.lock(), std::logic_error);
    auto stranger = coir::spawn([](shared_mutex const& held) { held.unlock(); }, mutex);
    EXPECT_THROW(stranger.get(), std::logic_error);
    EXPECT_TRUE(mutex.is_locked());
    mutex.unlock();
  });
}

// Q3
TEST_P(PortableSyncOn, LCK_08_AMutexWhoseOwnerEndedIsBroken) {
  in_run([] {
    shared_mutex const mutex;
    auto owner = coir::spawn(
        [](shared_mutex const& to_lock) {
          to_lock.lock();
          ++shared(0);
          await_shared(1);
        },
        mutex);
    await_shared(0);
    auto waiter = coir::spawn([](shared_mutex const& held) { held.lock(); }, mutex);
    EXPECT_FALSE(waiter.join_for(1ms));
    ++shared(1);
    EXPECT_THROW(waiter.get(), coir::broken_lock);
    EXPECT_THROW(mutex.lock(), coir::broken_lock);
    owner.get();
  });
}

// Q4, C4
TEST_P(PortableSyncOn, LCK_10_ALockInVainLeavesTheMutexToItsOwner) {
  in_run([] {
    shared_mutex const mutex;
    mutex.lock();
    auto const tries = [](shared_mutex const& held) {
      return held.try_lock() || held.try_lock_for(0s) || held.try_lock_for(1ms);
    };
    EXPECT_FALSE(coir::spawn(tries, mutex).get());
    auto victim = coir::spawn(
        [](shared_mutex const& held) {
          ++shared(0);
          held.lock();
        },
        mutex);
    await_shared(0);
    victim.cancel();
    victim.join();
    EXPECT_TRUE(victim.cancelled());
    mutex.unlock();
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  });
}

/// Waits for a notification, and counts before (0) and after (1) with the mutex held.
void wait_notified(shared_mutex mutex, shared_condition const& condition) {
  std::unique_lock lock(mutex);
  ++shared(0);
  condition.wait(lock);
  ++shared(1);
}

// Q1
TEST_P(PortableSyncOn, CND_01_NotifyEndsTheWaitOfAsManyAndTheOldest) {
  in_run([] {
    shared_mutex const mutex;
    shared_condition const condition;
    std::vector<coir::task<>> waiters;
    for (std::uint32_t i = 1; i <= 4; ++i) {
      waiters.push_back(coir::spawn(wait_notified, mutex, condition));
      await_shared(0, i);
      std::scoped_lock const parked(mutex);  // it is free: who counted waits
    }
    condition.notify(2);
    waiters[0].get();
    waiters[1].get();
    EXPECT_EQ(shared(1), 2u);
    waiters[2].cancel();
    waiters[2].join();
    EXPECT_TRUE(waiters[2].cancelled());
    EXPECT_FALSE(mutex.is_locked());
    condition.notify_one();
    waiters[3].get();
  });
}

// C4, C5: the cancel comes while it waits for the mutex, which it has been chosen to have again
TEST_P(PortableSyncOn, CND_05_OneThatWasNotifiedIsNotCancelledAnyMore) {
  in_run([] {
    shared_mutex const mutex;
    shared_condition const condition;
    auto oldest = coir::spawn(wait_notified, mutex, condition);
    await_shared(0, 1);
    mutex.lock();  // it is free: who counted waits
    mutex.unlock();
    auto other = coir::spawn(wait_notified, mutex, condition);
    await_shared(0, 2);
    mutex.lock();
    condition.notify_one();
    oldest.cancel();
    mutex.unlock();
    oldest.get();
    EXPECT_EQ(shared(1), 1u);
    other.cancel();  // it has got nothing of it
    other.join();
    EXPECT_TRUE(other.cancelled());
    EXPECT_FALSE(mutex.is_locked());
  });
}

// C4: and one that was cancelled is not notified
TEST_P(PortableSyncOn, CND_05_ANotificationGoesPastWhoWasCancelled) {
  in_run([] {
    shared_mutex const mutex;
    shared_condition const condition;
    auto oldest = coir::spawn(wait_notified, mutex, condition);
    await_shared(0, 1);
    mutex.lock();
    mutex.unlock();
    auto other = coir::spawn(wait_notified, mutex, condition);
    await_shared(0, 2);
    mutex.lock();
    oldest.cancel();
    mutex.unlock();
    oldest.join();
    EXPECT_TRUE(oldest.cancelled());
    condition.notify_one();
    other.get();
    EXPECT_EQ(shared(1), 1u);
  });
}

// Q3
TEST_P(PortableSyncOn, SEM_07_PermitsAreNeitherLostNorDoubled) {
  in_run([] {
    shared_semaphore const semaphore(2);
    auto const use = [](shared_semaphore const& of) {
      for (int i = 0; i < 20; ++i) {
        of.acquire();
        auto const inside = ++shared(0);
        if (inside > 2) ++shared(1);
        coir::yield();
        --shared(0);
        of.release();
      }
    };
    coir::group([&](coir::task_group& group) {
      for (int i = 0; i < 4; ++i) group.spawn(use, semaphore);
    });
    EXPECT_EQ(shared(1), 0u);
    EXPECT_EQ(semaphore.available(), 2u);
    auto too_many = coir::spawn([](shared_semaphore const& of) { of.release(); }, semaphore);
    EXPECT_THROW(too_many.get(), std::logic_error);
    EXPECT_EQ(semaphore.available(), 2u);
  });
}

// Q1, C4
TEST_P(PortableSyncOn, SEM_01_APermitPassesOverWhoWasCancelled) {
  in_run([] {
    shared_semaphore const semaphore(0, 1);
    auto const acquire = [](shared_semaphore const& of) {
      ++shared(0);
      of.acquire();
    };
    auto victim = coir::spawn(acquire, semaphore);
    auto other = coir::spawn(acquire, semaphore);
    await_shared(0, 2);
    victim.cancel();
    victim.join();
    EXPECT_TRUE(victim.cancelled());
    semaphore.release();
    other.get();
    EXPECT_EQ(semaphore.available(), 0u);
  });
}

// Q4
TEST_P(PortableSyncOn, EVT_04_AnEventLetsAllPassOnceItIsSet) {
  in_run([] {
    shared_event const event;
    auto const wait = [](shared_event const& for_it) {
      ++shared(0);
      for_it.wait();
      return for_it.wait_for(0s);
    };
    auto one = coir::spawn(wait, event);
    auto two = coir::spawn(wait, event);
    auto impatient = coir::spawn([](shared_event const& e) { return e.wait_for(1ms); }, event);
    EXPECT_FALSE(impatient.get());
    await_shared(0, 2);
    coir::spawn([](shared_event const& to_set) { to_set.set(); }, event).get();
    EXPECT_TRUE(one.get());
    EXPECT_TRUE(two.get());
    event.clear();
    EXPECT_FALSE(event.is_set());
  });
}

/// Waits for the event, and counts once it is seen to wait (0): by a fiber beside it, in whatever it is.
bool wait_seen(shared_event const& event) {
  auto const waiting = [&] {
    auto waiter = coir::spawn([&] { return event.wait_for(1h); });
    await_parked(waiter);
    ++shared(0);
    return waiter.get();
  };
  bool const on_fibers = coir::current_model() == coir::model::fibers ||
                         coir::current_model() == coir::model::boost_fibers;
  return on_fibers ? waiting() : coir::run(waiting);
}

// Q4
TEST_P(PortableSyncOn, EVT_02_SetWakesAllEvenIfClearFollows) {
  in_run([] {
    shared_event const event;
    std::vector<coir::task<bool>> waiters;
    for (int i = 0; i < 3; ++i) waiters.push_back(coir::spawn(wait_seen, event));
    await_shared(0, 3);
    event.set();
    event.clear();
    for (auto& each : waiters) EXPECT_TRUE(each.get());
    EXPECT_FALSE(event.is_set());
    EXPECT_FALSE(coir::spawn([](shared_event const& e) { return e.wait_for(0s); }, event).get());
  });
}

/// Passes it so often, and returns the sum of the numbers it got.
int pass(shared_barrier const& barrier, int times) {
  int sum = 0;
  for (int i = 0; i < times; ++i) sum += static_cast<int>(barrier.wait());
  return sum;
}

TEST_P(PortableSyncOn, BAR_01_EveryRoundHasEachNumberOnce) {
  in_run([] {
    shared_barrier const barrier(3);
    auto const [one, two, three] =
        coir::gather(coir::call(pass, barrier, 20), coir::call(pass, barrier, 20),
                     coir::call(pass, barrier, 20));
    EXPECT_EQ(one + two + three, 20 * (0 + 1 + 2));
  });
}

// Q5
TEST_P(PortableSyncOn, BAR_03_ACancelledPartyLeavesAndTheBarrierStaysUsable) {
  in_run([] {
    shared_barrier const barrier(2);
    auto victim = coir::spawn(pass, barrier, 1);
    while (barrier.waiting() != 1) coir::yield();
    victim.cancel();
    victim.join();
    EXPECT_TRUE(victim.cancelled());
    EXPECT_EQ(barrier.waiting(), 0u);
    auto party = coir::spawn(pass, barrier, 1);
    while (barrier.waiting() != 1) coir::yield();
    EXPECT_EQ(barrier.wait(), 1u);
    EXPECT_EQ(party.get(), 0);
  });
}

// Q5
TEST_P(PortableSyncOn, BAR_05_AbortBreaksItForAllUntilReset) {
  in_run([] {
    shared_barrier const barrier(2);
    auto party = coir::spawn(pass, barrier, 1);
    while (barrier.waiting() != 1) coir::yield();
    barrier.abort();
    EXPECT_THROW(party.get(), coir::broken_barrier);
    EXPECT_THROW(coir::spawn(pass, barrier, 1).get(), coir::broken_barrier);
    barrier.reset();
    auto again = coir::spawn(pass, barrier, 1);
    barrier.wait();
    again.get();
  });
}

}  // namespace
}  // namespace contract
