// SPDX-License-Identifier: BSL-1.0
/// Items of a shared queue that are acknowledged: whose they are, and what a death leaves.

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include <coir/model/model.hpp>
#include <coir/queue/queue.hpp>
#include <coir/shared/shared_queue.hpp>
#include <coir/task/sleep.hpp>
#include <coir/task/spawn.hpp>

#include "shared/child.hpp"
#include "shared/death.hpp"

namespace {

using namespace std::chrono_literals;
using coir::detail::step;
using numbers = coir::shared<coir::queue<std::int64_t>>;

void fill(numbers const& queue, std::int64_t count) {
  for (std::int64_t i = 1; i <= count; ++i) queue.put(i);
}

/// The items are these, once all deaths have been heard of, and no others are unfinished.
void expect_left(numbers const& queue, std::int64_t first, std::int64_t last) {
  auto const until = std::chrono::steady_clock::now() + 10s;
  while (queue.size() != static_cast<std::size_t>(last - first + 1) &&
         std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  for (std::int64_t i = first; i <= last; ++i) {
    EXPECT_EQ(queue.get_for(10s), i);
    queue.task_done();
  }
  EXPECT_EQ(queue.try_get(), std::nullopt);
  EXPECT_EQ(queue.statistics().unfinished, 0U);
  queue.join();
}

TEST(SharedAckTest, WhatADeadProcessHasNotAcknowledgedGoesBackInOrder) {
  numbers const queue(8, coir::ack::manual);
  fill(queue, 6);
  child victim([&] {
    for (int i = 0; i < 4; ++i) (void)queue.get();
    queue.task_done();  // the oldest
  });
  EXPECT_EQ(victim.wait(), 0);
  expect_left(queue, 2, 6);
}

TEST(SharedAckTest, WhoWaitsGetsWhatADeadProcessHad) {
  numbers const queue(1, coir::ack::manual), go(1);
  queue.put(1);
  child victim([&] {
    (void)queue.get();
    (void)go.get();
  });
  while (queue.size() != 0) std::this_thread::yield();
  child waiter([&] {
    bool const is_it = queue.get() == 1;
    queue.task_done();
    return is_it;
  });
  while (queue.statistics().waiting_getters == 0) std::this_thread::yield();
  victim.kill();
  EXPECT_EQ(waiter.wait(), 0);
  queue.join();
}

TEST(SharedAckTest, ItemOnLoanTakesNoRoomAndIsUnfinished) {
  numbers const queue(1, coir::ack::manual);
  queue.put(1);
  EXPECT_EQ(queue.get(), 1);
  EXPECT_TRUE(queue.try_put(2));
  EXPECT_FALSE(queue.try_put(3));
  EXPECT_EQ(queue.statistics().unfinished, 2U);
  queue.task_done();
  EXPECT_EQ(queue.statistics().unfinished, 1U);
  expect_left(queue, 2, 2);
}

TEST(SharedAckTest, TaskDoneOfWhatTheProcessHasNotGotIsAnError) {
  numbers const queue(2, coir::ack::manual);
  fill(queue, 2);
  EXPECT_THROW(queue.task_done(), std::logic_error);
  EXPECT_EQ(queue.get(), 1);
  child stranger([&] {
    try {
      queue.task_done();
    } catch (std::logic_error const&) {
      return true;
    }
    return false;
  });
  EXPECT_EQ(stranger.wait(), 0);
  queue.task_done();
  EXPECT_THROW(queue.task_done(), std::logic_error);
  expect_left(queue, 2, 2);
}

TEST(SharedAckTest, JoinWaitsForWhatGoesBack) {
  numbers const queue(1, coir::ack::manual);
  queue.put(1);
  child victim([&] { (void)queue.get(); });
  EXPECT_EQ(victim.wait(), 0);
  child second([&] {
    while (queue.statistics().waiting_joiners == 0) std::this_thread::yield();
    (void)queue.get();
    queue.task_done();
  });
  queue.join();
  EXPECT_EQ(second.wait(), 0);
}

TEST(SharedAckTest, ProcessThatHasNoHandleLeftHasNoItems) {
  std::optional<numbers> queue(std::in_place, 4, coir::ack::manual);
  numbers const told(1), go(1);
  fill(*queue, 3);
  child holder([&] {
    (void)queue->get();
    (void)queue->get();
    queue.reset();
    told.put(1);
    (void)go.get();
  });
  EXPECT_EQ(told.get(), 1);
  expect_left(*queue, 1, 3);
  go.put(1);
  EXPECT_EQ(holder.wait(), 0);
}

TEST(SharedAckTest, CancelledTaskKeepsItsItem) {
  numbers const queue(2, coir::ack::manual);
  fill(queue, 2);
  coir::run([&] {
    auto holder = coir::spawn([&] {
      (void)queue.get();
      coir::sleep_for(1h);
    });
    while (queue.size() != 1) coir::yield();
    holder.cancel();
    holder.join();
    EXPECT_TRUE(holder.cancelled());
    EXPECT_EQ(queue.size(), 1U);
    queue.task_done();
    expect_left(queue, 2, 2);
  });
}

TEST(SharedAckTest, TooManyOnLoanIsAClearErrorAndTheItemStays) {
  numbers const queue(1, coir::ack::manual);
  for (std::int64_t i = 0; i < 512; ++i) {
    queue.put(i);
    EXPECT_EQ(queue.get(), i);
  }
  queue.put(512);
  try {
    (void)queue.get();
    FAIL() << "was got";
  } catch (std::runtime_error const& error) {
    EXPECT_NE(std::string(error.what()).find("task_done"), std::string::npos) << error.what();
  }
  EXPECT_THROW((void)queue.try_get(), std::runtime_error);
  queue.task_done();
  EXPECT_EQ(queue.get(), 512);
  for (int i = 0; i < 512; ++i) queue.task_done();
  queue.join();
}

TEST(SharedAckTest, ItemOnLoanIsDroppedIfItsTakerDiesAfterAnImmediateShutdown) {
  numbers const queue(2, coir::ack::manual), go(1);
  fill(queue, 2);
  child victim([&] {
    (void)queue.get();
    (void)go.get();
  });
  while (queue.size() != 1) std::this_thread::yield();
  queue.shutdown(true);
  EXPECT_EQ(queue.statistics().unfinished, 1U);
  victim.kill();
  queue.join();
  EXPECT_THROW((void)queue.get(), coir::queue_shut_down);
}

// ---- deaths at each step -------------------------------------------------------------------------

class SharedAckDeathTest : public testing::TestWithParam<int> {
 protected:
  step const at = static_cast<step>(GetParam());
};

TEST_P(SharedAckDeathTest, WhatIsGotAndNotAcknowledgedGoesBack) {
  numbers const queue(4, coir::ack::manual);
  child victim([&] {
    fill(queue, 3);
    (void)queue.get();
    die_at(at);
    (void)queue.get();
    ::_exit(0);
  });
  (void)victim.wait();
  expect_left(queue, 1, 3);
}

TEST_P(SharedAckDeathTest, WhatIsAcknowledgedIsGoneOnceThatIsWrittenDown) {
  numbers const queue(4, coir::ack::manual);
  child victim([&] {
    fill(queue, 3);
    for (int i = 0; i < 2; ++i) (void)queue.get();
    die_at(at);
    queue.task_done();
    ::_exit(0);
  });
  (void)victim.wait();
  expect_left(queue, at == step::getters_locked ? 1 : 2, 3);
}

TEST_P(SharedAckDeathTest, WhoGivesItemsBackOfADeadOneMayDieToo) {
  numbers const queue(4, coir::ack::manual), told(2), go(1);
  child holder([&] {
    fill(queue, 3);
    for (int i = 0; i < 2; ++i) (void)queue.get();
    told.put(1);
    (void)go.get();
  });
  EXPECT_EQ(told.get(), 1);
  child digger([&] {
    EXPECT_EQ(queue.size(), 1U);  // from now on it hears of deaths
    die_at(at);
    told.put(2);
    (void)go.get();
  });
  // This process does not take part in the queue until somebody has to see to both of the dead.
  while (told.get_for(1ms) == std::nullopt && !digger.has_ended()) {
  }
  holder.kill();
  (void)holder.wait();
  if (at == step::return_intended || at == step::returned || at == step::buried) {
    EXPECT_EQ(digger.wait(), 128 + SIGKILL);
  }
  expect_left(queue, 1, 3);
}

INSTANTIATE_TEST_SUITE_P(EachStep, SharedAckDeathTest,
                         testing::Range(0, static_cast<int>(step::buried) + 1));

}  // namespace
