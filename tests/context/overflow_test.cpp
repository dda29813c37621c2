// SPDX-License-Identifier: BSL-1.0
/// An overflowed stack names its task and dies by the signal.

#include <csignal>

#include <gtest/gtest.h>
#include <coir/coir.hpp>

namespace {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winfinite-recursion"
__attribute__((noinline)) int recurse(int depth) {
  int volatile frame[64] = {depth};
  return recurse(depth + 1) + frame[depth % 64];
}
#pragma GCC diagnostic pop

void overflow_in(coir::spawn_options options) {
  coir::run([&] { coir::spawn(options, [] { return recurse(0); }).join(); });
}

TEST(OverflowDeathTest, NamesTheTaskItsIdAndItsStackSize) {
  EXPECT_EXIT(overflow_in({.name = "digger", .stack_size = 64 * 1024}),
              testing::KilledBySignal(SIGSEGV),
              "stack overflow in task digger \\(id [0-9]+, stack size 65536\\)");
}

TEST(OverflowDeathTest, MakesANameFromTheIdOfANamelessTask) {
  EXPECT_EXIT(overflow_in({.stack_size = 32 * 1024}), testing::KilledBySignal(SIGSEGV),
              "stack overflow in task task-[0-9]+ ");
}

#if !COIR_ASAN && !COIR_TSAN
void fault_elsewhere() {
  coir::run([] { ::raise(SIGSEGV); });
}

TEST(OverflowDeathTest, LeavesOtherFaultsToTheirHandler) {
  EXPECT_EXIT(fault_elsewhere(), testing::KilledBySignal(SIGSEGV), "^[^o]*$");
}
#endif

}  // namespace
