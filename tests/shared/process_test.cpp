// SPDX-License-Identifier: BSL-1.0
/// What is shared goes to tasks of the model processes, and comes back from them.

#include <chrono>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <coir/model/model.hpp>
#include <coir/model/processes.hpp>
#include <coir/queue/queue.hpp>
#include <coir/shared/shared_barrier.hpp>
#include <coir/shared/shared_condition_variable.hpp>
#include <coir/shared/shared_event.hpp>
#include <coir/shared/shared_mutex.hpp>
#include <coir/shared/shared_queue.hpp>
#include <coir/shared/shared_semaphore.hpp>
#include <coir/task/sleep.hpp>
#include <coir/task/spawn.hpp>

#include "contract/descriptors.hpp"

namespace {

using numbers = coir::shared<coir::queue<std::int64_t>>;
using shared_mutex_type = coir::shared<coir::mutex>;
using shared_event_type = coir::shared<coir::event>;
using shared_lock = std::unique_lock<shared_mutex_type>;

/// The fork server is made while there is one thread.
class prepared : public testing::Environment {
  void SetUp() override { coir::prepare_processes(); }
};
[[maybe_unused]] auto* const environment = testing::AddGlobalTestEnvironment(new prepared);

template <class F>
decltype(auto) on_processes(F&& main) {
  return coir::run({.model = coir::model::processes}, main);
}

void produce(numbers const& to, std::int64_t count) {
  for (std::int64_t i = 1; i <= count; ++i) to.put(i);
  to.shutdown();
}

std::int64_t consume(numbers const& from) {
  std::int64_t sum = 0;
  for (std::int64_t const item : from) sum += item;
  return sum;
}

void add_to(shared_mutex_type mutex, numbers const& cell, int count) {
  for (; count > 0; --count) {
    shared_lock const held(mutex);
    std::int64_t const value = cell.try_get().value();  // empty, if somebody came in between
    if (!cell.try_put(value + 1)) throw std::logic_error("somebody came in between");
  }
}

TEST(SharedWithProcessesTest, ProducerAndConsumerAreTasks) {
  on_processes([] {
    numbers const queue(4);
    auto sum = coir::spawn(consume, queue);
    coir::spawn(produce, queue, 1000).get();
    EXPECT_EQ(sum.get(), 500'500);
  });
}

void borrow(numbers const& from, int count) {
  for (; count > 0; --count) (void)from.get();
  from.task_done();
}

TEST(SharedWithProcessesTest, WhatATaskHasNotAcknowledgedGoesBackWhenItEnds) {
  on_processes([] {
    numbers const queue(4, coir::ack::manual);
    for (std::int64_t i = 1; i <= 4; ++i) queue.put(i);
    coir::spawn(borrow, queue, 3).get();
    for (std::int64_t i = 2; i <= 4; ++i) {
      // The head comes back when the task's process is gone, which may be later than its result.
      while (i == 2 && queue.size() < 3) coir::sleep_for(std::chrono::milliseconds(1));
      EXPECT_EQ(queue.get(), i);
      queue.task_done();
    }
    queue.join();
  });
}

void answer(coir::shared<coir::queue<std::string>> const& questions,
            coir::shared<coir::queue<std::string>> const& answers) {
  for (std::string const& each : questions) answers.put(each + "!");
}

TEST(SharedWithProcessesTest, StringsGoThereAndBackAndTheirBoundGoesAlong) {
  on_processes([] {
    coir::shared<coir::queue<std::string>> const there(2), back(2, 100);
    auto task = coir::spawn(answer, there, back);
    there.put("who");
    EXPECT_EQ(back.get(), "who!");
    there.put(std::string(100, 'x'));
    EXPECT_THROW(task.get(), std::length_error);
  });
}

TEST(SharedWithProcessesTest, MutexGuardsACounterOfSeveralTasks) {
  on_processes([] {
    shared_mutex_type const mutex;
    numbers const cell(1);
    cell.put(0);
    std::vector<coir::task<void>> adding;
    for (int i = 0; i < 3; ++i) adding.push_back(coir::spawn(add_to, mutex, cell, 200));
    for (auto& each : adding) each.get();
    EXPECT_EQ(cell.get(), 600);
  });
}

TEST(SharedWithProcessesTest, EveryPrimitiveGoesAlong) {
  on_processes([] {
    coir::shared<coir::barrier> const start(2);
    coir::shared<coir::semaphore> const permits(0, 3);
    shared_mutex_type mutex;
    coir::shared<coir::condition_variable> const changed;
    shared_event_type const ready, heard;
    auto task = coir::spawn(
        [](coir::shared<coir::barrier> begin, coir::shared<coir::semaphore> permit,
           shared_mutex_type guard, coir::shared<coir::condition_variable> change,
           shared_event_type waits, shared_event_type told) {
          begin.wait();
          permit.acquire();
          shared_lock lock(guard);
          waits.set();
          change.wait(lock);
          told.set();
        },
        start, permits, mutex, changed, ready, heard);
    start.wait();
    permits.release(3);
    ready.wait();
    {
      shared_lock const lock(mutex);  // it waits for the notification when it has let go of this
      changed.notify_one();
    }
    heard.wait();
    task.get();
    EXPECT_EQ(permits.available(), 2U);
    EXPECT_THROW(permits.release(2), std::logic_error);  // both sides know how many there are
  });
}

TEST(SharedWithProcessesTest, WhatGoesTwiceIsOne) {
  on_processes([] {
    shared_mutex_type const mutex;
    auto twice = coir::spawn(
        [](shared_mutex_type first, shared_mutex_type second) {
          first.lock();
          try {
            (void)second.try_lock_for(std::chrono::seconds(0));
          } catch (std::logic_error const&) {
            second.unlock();
            return true;
          }
          return false;
        },
        mutex, mutex);
    EXPECT_TRUE(twice.get());
    EXPECT_FALSE(mutex.is_locked());
  });
}

TEST(SharedWithProcessesTest, ComesBackAsAResult) {
  on_processes([] {
    auto made = coir::spawn([] {
      numbers const fresh(2);
      fresh.put(7);
      return fresh;
    });
    numbers const queue = made.get();
    EXPECT_EQ(queue.capacity(), 2U);
    EXPECT_EQ(queue.get(), 7);
    auto back = coir::spawn([](numbers same) { return same; }, queue);
    numbers const again = back.get();
    again.put(8);
    EXPECT_EQ(queue.try_get(), 8);
  });
}

TEST(SharedWithProcessesTest, GoesOnToTasksOfTasks) {
  on_processes([] {
    numbers const queue(1);
    auto outer = coir::spawn(
        [](numbers to) { coir::spawn([](numbers further) { further.put(3); }, to).get(); }, queue);
    EXPECT_EQ(queue.get(), 3);
    outer.get();
  });
}

TEST(SharedWithProcessesTest, FibersOfATaskWaitForOtherProcesses) {
  on_processes([] {
    numbers const there(1), back(1);
    auto echo = coir::spawn(
        [](numbers from, numbers to) {
          coir::run([&] { coir::spawn([&] { to.put(from.get() + 1); }).get(); });
        },
        there, back);
    there.put(1);
    EXPECT_EQ(back.get(), 2);
    echo.get();
  });
}

TEST(SharedWithProcessesTest, CancelEndsTheWaitOfATask) {
  on_processes([] {
    numbers const queue(1);
    auto waiting = coir::spawn(consume, queue);
    while (queue.statistics().waiting_getters == 0) coir::yield();
    waiting.cancel();
    waiting.join();
    EXPECT_TRUE(waiting.cancelled());
    queue.put(1);
    EXPECT_EQ(queue.try_get(), 1);
  });
}

TEST(SharedWithProcessesTest, ATaskThatIsKilledBreaksItsMutex) {
  on_processes([] {
    shared_mutex_type const mutex;
    auto victim = coir::spawn(
        [](shared_mutex_type held) {
          held.lock();
          std::raise(SIGKILL);
        },
        mutex);
    EXPECT_THROW(victim.get(), coir::worker_died);
    EXPECT_THROW(mutex.lock(), coir::broken_lock);
  });
}

TEST(SharedWithProcessesTest, NoDescriptorIsLeft) {
  auto const go = [] {
    on_processes([] {
      std::vector<shared_event_type> const some(5);
      std::vector<char> const much(300'000);  // goes by a file
      auto all = coir::spawn(
          [](std::vector<shared_event_type> events, std::vector<char> const& more) {
            for (auto const& each : events) each.set();
            return std::pair(events, more);
          },
          some, much);
      auto const [back, same] = all.get();
      for (auto const& each : back) EXPECT_TRUE(each.is_set());
      EXPECT_EQ(same.size(), much.size());
    });
  };
  go();  // the hub, the bell
  int const before = contract::open_descriptors();
  go();
  EXPECT_EQ(contract::open_descriptors(), before);
}

TEST(SharedWithProcessesTest, MoreThanAMessageHoldsIsRefused) {
  on_processes([] {
    std::vector<shared_event_type> const many(31);
    EXPECT_THROW((void)coir::spawn([](std::vector<shared_event_type>) {}, many),
                 std::invalid_argument);
  });
}

}  // namespace
