// SPDX-License-Identifier: BSL-1.0
/// Items of a shared queue that are big, or packed: what they are, what is refused, whose their memory is.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <coir/queue/queue.hpp>
#include <coir/shared/shared_queue.hpp>
#include <coir/time/clock.hpp>

#include "shared/child.hpp"
#include "shared/death.hpp"
#include "shared/queue_body.hpp"

namespace {

using namespace std::chrono_literals;
using coir::detail::step;
using strings = coir::shared<coir::queue<std::string>>;

/// Another one for each number, and of another length.
std::string text(int number) {
  return std::to_string(number) + std::string(static_cast<std::size_t>(number % 300), 'x');
}

TEST(SharedBigItemsTest, StringsCrossInOrder) {
  strings const queue(4);
  child producer([&] {
    for (int i = 0; i < 3'000; ++i) queue.put(text(i));
    queue.shutdown();
  });
  int expected = 0;
  for (std::string const& item : queue) ASSERT_EQ(item, text(expected++));
  EXPECT_EQ(expected, 3'000);
  EXPECT_EQ(producer.wait(), 0);
}

TEST(SharedBigItemsTest, BytesOfAnySizeCross) {
  using block = std::array<std::uint64_t, 1000>;
  coir::shared<coir::queue<block>> const there(2), back(2);
  child echo([&] {
    for (block const& item : there) back.put(item);
  });
  block sent{};
  for (std::uint64_t i = 0; i < 500; ++i) {
    sent.front() = i;
    sent.back() = ~i;
    there.put(sent);
    ASSERT_EQ(back.get(), sent);
  }
  there.shutdown();
  EXPECT_EQ(echo.wait(), 0);
}

TEST(SharedBigItemsTest, WhatCanBePackedCanBeAnItem) {
  coir::shared<coir::queue<std::vector<std::string>>> const lists(2);
  lists.put({"one", "two"});
  lists.put({});
  EXPECT_EQ(lists.get(), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(lists.get_for(0s), std::vector<std::string>());
  coir::shared<coir::queue<std::unique_ptr<int>>> const moved(1);
  moved.put(std::make_unique<int>(7));
  EXPECT_EQ(*moved.get(), 7);
}

TEST(SharedBigItemsTest, TooBigIsAClearErrorAndNothingIsPut) {
  strings const queue(2, 16);
  for (int i = 0; i < 5'000; ++i) {  // more often than there are blocks: none is lost
    try {
      queue.put("a string of more than sixteen bytes");
      FAIL() << "was put";
    } catch (std::length_error const& error) {
      EXPECT_NE(std::string(error.what()).find("has room for 16"), std::string::npos)
          << error.what();
    }
  }
  EXPECT_EQ(queue.size(), 0U);
  queue.put("short");
  EXPECT_EQ(queue.get(), "short");
  EXPECT_THROW(strings(2, 0), std::invalid_argument);
}

// ---- what throws on its way ----------------------------------------------------------------------

struct delicate {
  int number = 0;
};
bool breaks = false;

void save(coir::output_archive& out, delicate const& value) {
  out(value.number);
  if (value.number < 0) throw std::domain_error("not to be packed");
}
delicate load(coir::input_archive& in, std::type_identity<delicate>) {
  delicate value;
  in(value.number);
  if (breaks) throw std::domain_error("not to be unpacked");
  return value;
}

struct parcel {
  std::vector<delicate> inside;
};
template <class Archive>
void serialize(Archive& archive, parcel& value) {
  archive(value.inside);
}

TEST(SharedBigItemsTest, WhatCannotBeUnpackedIsBackAtTheHead) {
  coir::shared<coir::queue<parcel>> const queue(4);
  for (int i = 1; i <= 3; ++i) queue.put({{{i}}});
  breaks = true;
  EXPECT_THROW(queue.get(), std::domain_error);
  EXPECT_THROW((void)queue.try_get(), std::domain_error);
  EXPECT_EQ(queue.size(), 3U);
  breaks = false;
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(queue.get().inside.front().number, i);
}

/// Could be copied as bytes, but for what it says of itself.
struct place {
  int const* at;
};
int const places[]{7, 8, 9};
void save(coir::output_archive& archive, place const& value) { archive(value.at - places); }
place load(coir::input_archive& archive, std::type_identity<place>) {
  std::ptrdiff_t index = 0;
  archive(index);
  return {places + index + 1};
}

TEST(SharedBigItemsTest, WhatHasFunctionsOfItsOwnIsPackedByThem) {
  coir::shared<coir::queue<place>> const queue(1);
  queue.put({places});
  EXPECT_EQ(*queue.get().at, 8);
  coir::shared<coir::queue<std::optional<place>>> const maybe(1);
  maybe.put(place{places + 1});
  EXPECT_EQ(*maybe.get()->at, 9);
  static_assert(coir::detail::shareable<std::optional<int>>);
  static_assert(!coir::detail::shareable<std::optional<int*>>);
  static_assert(!coir::detail::shareable<std::array<std::string_view, 2>>);
}

TEST(SharedBigItemsTest, WhatCannotBePackedWasNotPut) {
  coir::shared<coir::queue<parcel>> const queue(1);
  for (int i = 0; i < 5'000; ++i) EXPECT_THROW(queue.put({{{-1}}}), std::domain_error);
  EXPECT_TRUE(queue.empty());
}

// ---- whose the blocks are ------------------------------------------------------------------------

/// The queue below its types: items of 100 bytes, of which the first is a number.
struct bare_queue {
  using item = std::array<char, 100>;
  explicit bare_queue(std::size_t capacity, coir::ack when = coir::ack::automatic)
      : body(std::make_shared<coir::detail::queue_body>(
            capacity, coir::detail::item_shape{sizeof(item), false}, when == coir::ack::manual)) {}

  bool put_for(char number, std::chrono::milliseconds limit) const {
    item const made{number};
    return body->put({&made}, coir::now() + limit);
  }
  bool try_put(char number) const {
    item const made{number};
    return body->try_put({&made});
  }
  std::optional<char> get_for(std::chrono::milliseconds limit) const {
    item got;
    if (!body->get({got.data()}, coir::now() + limit)) return std::nullopt;
    return got[0];
  }

  std::shared_ptr<coir::detail::queue_body> body;
};

TEST(SharedBigItemsTest, OnlyWhatIsQueuedHasABlock) {
  bare_queue const queue(2);
  for (char round = 0; round < 10; ++round) {
    EXPECT_TRUE(queue.try_put(1));
    EXPECT_TRUE(queue.put_for(2, 10s));
    EXPECT_EQ(queue.body->blocks_taken(), 2U);
    EXPECT_FALSE(queue.try_put(3));
    EXPECT_FALSE(queue.put_for(3, 1ms));
    EXPECT_EQ(queue.body->blocks_taken(), 2U);
    EXPECT_EQ(queue.get_for(10s), 1);
    EXPECT_EQ(queue.get_for(10s), 2);
    EXPECT_EQ(queue.get_for(0ms), std::nullopt);
    EXPECT_EQ(queue.body->blocks_taken(), 0U);
  }
}

class SharedBlocksDeathTest : public testing::TestWithParam<int> {
 protected:
  step const at = static_cast<step>(GetParam());
};

/// The process that died is buried by the time that its item is back, or that somebody has waited for it.
void expect_no_block(bare_queue const& queue) {
  auto const until = std::chrono::steady_clock::now() + 10s;
  while (queue.body->blocks_taken() != 0 && std::chrono::steady_clock::now() < until)
    (void)queue.get_for(1ms);
  EXPECT_EQ(queue.body->blocks_taken(), 0U);
}

TEST_P(SharedBlocksDeathTest, AreFreeAgainWhenOneDiesPutting) {
  bare_queue const queue(2);
  child victim([&] {
    (void)queue.put_for(1, 10s);
    die_at(at);
    (void)queue.put_for(2, 10s);
    ::_exit(0);
  });
  (void)victim.wait();
  EXPECT_EQ(queue.get_for(10s), 1);
  expect_no_block(queue);
}

TEST_P(SharedBlocksDeathTest, AreFreeAgainWhenOneDiesGetting) {
  bare_queue const queue(4);
  for (char i = 1; i <= 3; ++i) ASSERT_TRUE(queue.try_put(i));
  child victim([&] {
    die_at(at);
    (void)queue.get_for(10s);
    ::_exit(0);
  });
  // Once its block is left, the item is gone with the one who got it.
  bool const has_it = victim.wait() == 0 || at == step::block_left;
  int sum = 0;  // its item may be back only when the others are got
  for (char i = has_it ? 2 : 1; i <= 3; ++i) sum += queue.get_for(10s).value_or(100);
  EXPECT_EQ(sum, has_it ? 5 : 6);
  expect_no_block(queue);
}

TEST_P(SharedBlocksDeathTest, AreFreeAgainWhenOneDiesWaitingForRoom) {
  bare_queue const queue(1);
  ASSERT_TRUE(queue.try_put(1));
  child victim([&] {
    die_at(at);
    (void)queue.put_for(2, 10s);
    ::_exit(0);
  });
  while (queue.body->statistics().waiting_putters == 0 && !victim.has_ended())
    std::this_thread::yield();
  EXPECT_EQ(queue.get_for(10s), 1);
  (void)victim.wait();
  expect_no_block(queue);
}

TEST_P(SharedBlocksDeathTest, AreFreeAgainWhenOneDiesAcknowledging) {
  bare_queue const queue(4, coir::ack::manual);
  for (char i = 1; i <= 3; ++i) ASSERT_TRUE(queue.try_put(i));
  child victim([&] {
    for (int i = 0; i < 2; ++i) (void)queue.get_for(10s);
    die_at(at);
    queue.body->task_done();
    ::_exit(0);
  });
  (void)victim.wait();
  while (queue.body->statistics().unfinished != 0) {  // the first of them may be finished
    ASSERT_NE(queue.get_for(10s), std::nullopt);
    queue.body->task_done();
  }
  expect_no_block(queue);
}

TEST(SharedBigItemsTest, ItemsOnLoanKeepTheirBlocksThoughTheirPutterDies) {
  bare_queue const queue(4, coir::ack::manual);
  EXPECT_EQ(queue.get_for(0ms), std::nullopt);  // from now on it hears of deaths
  bare_queue const go(1);
  child putter([&] {
    (void)queue.put_for(1, 10s);
    (void)go.get_for(1h);
  });
  EXPECT_EQ(queue.get_for(10s), 1);
  EXPECT_EQ(queue.body->blocks_taken(), 1U);
  putter.kill();
  EXPECT_EQ(putter.wait(), 128 + SIGKILL);
  // It is buried before another has come and put something.
  child another([&] { (void)queue.put_for(2, 10s); });
  EXPECT_EQ(another.wait(), 0);
  EXPECT_EQ(queue.get_for(10s), 2);
  EXPECT_EQ(queue.body->blocks_taken(), 2U);
  queue.body->task_done();
  EXPECT_EQ(queue.body->blocks_taken(), 1U);
  queue.body->task_done();
  EXPECT_EQ(queue.body->blocks_taken(), 0U);
}

TEST(SharedBigItemsTest, ItemsOfADeadPutterKeepTheirBlocks) {
  bare_queue const queue(4);
  EXPECT_EQ(queue.get_for(0ms), std::nullopt);  // from now on it hears of deaths
  child victim([&] {
    (void)queue.put_for(1, 10s);
    (void)queue.put_for(2, 10s);
    die_at(step::block_taken);
    (void)queue.put_for(3, 10s);
  });
  EXPECT_EQ(victim.wait(), 128 + SIGKILL);
  auto const until = std::chrono::steady_clock::now() + 10s;
  while (queue.body->blocks_taken() == 3 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_EQ(queue.body->blocks_taken(), 2U);
  EXPECT_EQ(queue.get_for(10s), 1);
  EXPECT_EQ(queue.get_for(10s), 2);
}

INSTANTIATE_TEST_SUITE_P(EachStep, SharedBlocksDeathTest,
                         testing::Range(0, static_cast<int>(step::buried) + 1));

}  // namespace
