// SPDX-License-Identifier: BSL-1.0
/// C5 for items that are lent while they are unpacked: they are back at the head if their own move throws, or if
/// the process dies.

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>

#include <gtest/gtest.h>

#include <coir/queue/queue.hpp>
#include <coir/shared/shared_queue.hpp>
#include <coir/task/spawn.hpp>

#include "shared/child.hpp"

namespace {

using namespace std::chrono_literals;

/// How many more may be moved.
int moves_left = 1000;

/// An item that cannot always be moved.
struct sticky {
  explicit sticky(int n = 0) : number(n) {}
  sticky(sticky const&) = default;
  sticky(sticky&& other) : number(other.number) {
    if (moves_left-- == 0) throw std::domain_error("not to be moved");
  }
  sticky& operator=(sticky const&) = default;

  int number;
};
template <class Archive>
void serialize(Archive& archive, sticky& value) {
  archive(value.number);
}

/// Calls `get`, which moves an item so many times, and lets each of these moves throw in turn: each time the
/// item is there afterwards. Returns how many moves there were.
template <class Queue, class Get>
int fail_at_each_move(Queue const& queue, Get get) {
  for (int failing = 0;; ++failing) {
    std::size_t const before = queue.size();
    moves_left = failing;
    try {
      get();
      moves_left = 1000;
      return failing;
    } catch (std::domain_error const&) {
      moves_left = 1000;
      EXPECT_EQ(queue.size(), before) << "with move " << failing;
    }
    if (failing == 20) throw std::runtime_error("it never succeeds");
  }
}

/// Each way to get an item, of a queue that holds 1 to 5.
template <class Queue>
void fail_each_way(Queue const& queue) {
  for (int i = 1; i <= 5; ++i) queue.put(sticky(i));
  fail_at_each_move(queue, [&] { EXPECT_EQ(queue.get().number, 1); });
  EXPECT_GT(fail_at_each_move(queue, [&] { EXPECT_EQ(queue.get_for(1h)->number, 2); }), 0);
  EXPECT_GT(fail_at_each_move(queue, [&] { EXPECT_EQ(queue.try_get()->number, 3); }), 0);
  fail_at_each_move(queue, [&] { EXPECT_EQ((*queue.begin()).number, 4); });
  for (int i = 0; i < 4; ++i) queue.task_done();
  EXPECT_EQ(queue.get().number, 5);
  queue.task_done();
  EXPECT_EQ(queue.statistics().unfinished, 0U);
}

TEST(SharedLoanTest, WhatCannotBeMovedIsBackAtTheHead) {
  fail_each_way(coir::shared<coir::queue<sticky>>(5));
}

TEST(SharedLoanTest, AlsoIfItIsAcknowledged) {
  fail_each_way(coir::shared<coir::queue<sticky>>(5, coir::ack::manual));
}

TEST(SharedLoanTest, AlsoInAQueueThatProcessesShareByDefault) {
  coir::run({.model = coir::model::processes}, [] { fail_each_way(coir::queue<sticky>(5)); });
}

TEST(SharedLoanTest, AlsoInALocalQueue) {
  coir::run([] { fail_each_way(coir::queue<sticky>(5)); });
}

// ---- a death in the midst of it ------------------------------------------------------------------

bool deadly = false;

/// An item that may end who unpacks it.
struct poison {
  std::string name;
};
void save(coir::output_archive& out, poison const& value) { out(value.name); }
poison load(coir::input_archive& in, std::type_identity<poison>) {
  poison value;
  in(value.name);
  if (deadly) ::raise(SIGKILL);
  return value;
}

class SharedLoanDeathTest : public ::testing::TestWithParam<coir::ack> {};
INSTANTIATE_TEST_SUITE_P(, SharedLoanDeathTest,
                         ::testing::Values(coir::ack::automatic, coir::ack::manual));

// P3
TEST_P(SharedLoanDeathTest, WhoDiesUnpackingHasNotGotIt) {
  coir::shared<coir::queue<poison>> const queue(2, GetParam());
  queue.put({"first"});
  queue.put({"second"});
  child victim([&] {
    deadly = true;
    (void)queue.get();
  });
  EXPECT_NE(victim.wait(), 0);
  while (queue.size() != 2) std::this_thread::yield();  // his death is heard of
  EXPECT_EQ(queue.get().name, "first");
  EXPECT_EQ(queue.get().name, "second");
  EXPECT_EQ(queue.try_get().has_value(), false);
}

}  // namespace
