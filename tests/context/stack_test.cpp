// SPDX-License-Identifier: BSL-1.0
/// Stacks: guarded, pooled, staggered, and refused with a reason.

#include "context/stack.hpp"

#include <set>
#include <system_error>

#include <gtest/gtest.h>

namespace coir::detail {
namespace {

class StackPoolTest : public testing::TestWithParam<guard_kind> {
 protected:
  void SetUp() override {
    if (GetParam() == guard_kind::advice && best_guard() != guard_kind::advice)
      GTEST_SKIP() << "this kernel has no MADV_GUARD_INSTALL";
  }
};

TEST_P(StackPoolTest, HandsOutTheStackThatWasUsedLast) {
  stack_pool pool(GetParam());
  stack& first = *pool.take(stack_pool::default_size).on;
  stack& second = *pool.take(stack_pool::default_size).on;
  EXPECT_NE(&first, &second);
  pool.give_back(first);
  pool.give_back(second);
  EXPECT_EQ(pool.take(stack_pool::default_size).on, &second);
  EXPECT_EQ(pool.taken(), 1u);
}

TEST_P(StackPoolTest, StacksDoNotOverlapAndAreUsableToTheirLowestByte) {
  stack_pool pool(GetParam());
  std::set<std::byte*> lows;
  for (int i = 0; i < 40; ++i) {
    stack& each = *pool.take(64 * 1024).on;
    each.low[0] = std::byte{1};
    each.high()[-1] = std::byte{1};
    EXPECT_GE(each.size, 64u * 1024);
    lows.insert(each.low);
  }
  EXPECT_EQ(lows.size(), 40u);
  std::byte* before = nullptr;
  for (std::byte* low : lows) {
    if (before != nullptr) {
      EXPECT_GE(low - before, 64 * 1024 + static_cast<std::ptrdiff_t>(stack_pool::guard_size));
    }
    before = low;
  }
}

TEST_P(StackPoolTest, NeighboursStartAtDifferentCacheLines) {
  stack_pool pool(GetParam());
  EXPECT_NE(pool.take(stack_pool::default_size).on->stagger,
            pool.take(stack_pool::default_size).on->stagger);
}

TEST_P(StackPoolTest, TheBytesBelowFault) {
  stack_pool pool(GetParam());
  stack& one = *pool.take(stack_pool::default_size).on;
  EXPECT_DEATH({ const_cast<std::byte volatile*>(one.low)[-1] = std::byte{1}; }, "");
  EXPECT_DEATH(
      {
        const_cast<std::byte volatile*>(
            one.low)[-static_cast<std::ptrdiff_t>(stack_pool::guard_size)] = std::byte{1};
      },
      "");
}

TEST_P(StackPoolTest, TrimReturnsThePagesOfStacksThatLayIdle) {
  stack_pool pool(GetParam());
  stack& one = *pool.take(stack_pool::default_size).on;
  one.low[0] = std::byte{7};
  pool.give_back(one);
  EXPECT_TRUE(pool.trim(0));   // used since the last call: only noted
  EXPECT_FALSE(pool.trim(0));  // idle all the time since: its pages go
  EXPECT_EQ(pool.take(stack_pool::default_size).on->low[0], std::byte{0});
}

INSTANTIATE_TEST_SUITE_P(Guards, StackPoolTest,
                         testing::Values(guard_kind::advice, guard_kind::protect),
                         [](auto const& each) {
                           return each.param == guard_kind::advice ? "advice" : "protect";
                         });

TEST(StackPoolLimitTest, SaysWhatToRaiseWhenGuardsRunOut) {
  stack_pool pool(guard_kind::protect);
  try {
    for (int i = 0; i < 1'000'000; ++i) pool.take(stack_pool::smallest_size);
    FAIL() << "a million mprotect guards were had";
  } catch (std::system_error const& error) {
    EXPECT_NE(std::string(error.what()).find("vm.max_map_count"), std::string::npos)
        << error.what();
  }
  EXPECT_GT(pool.taken(), 1000u);
}

}  // namespace
}  // namespace coir::detail
