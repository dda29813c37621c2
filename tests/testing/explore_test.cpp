// SPDX-License-Identifier: BSL-1.0
/// What the explorer finds, how it says so, and how that is replayed.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <coir/coir.hpp>
#include <coir/testing/testing.hpp>

#include "contract/witnesses.hpp"

namespace {

using namespace std::chrono_literals;
using coir::testing::exploration_failed;
using coir::testing::explore;

bool has(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

/// COIR_SEED in the environment, while it lives.
class seed_in_environment {
 public:
  explicit seed_in_environment(char const* value) { ::setenv("COIR_SEED", value, 1); }
  ~seed_in_environment() { ::unsetenv("COIR_SEED"); }
};

class Explore : public ::testing::Test {
 protected:
  // Whoever runs these tests may have it set, for others.
  void SetUp() override { ::unsetenv("COIR_SEED"); }
};

/// How `body` fails.
template <class F>
exploration_failed failure_of(F&& body, coir::testing::explore_options const& options = {}) {
  try {
    explore(options, body);
  } catch (exploration_failed const& e) {
    return e;
  }
  throw std::runtime_error("no seed fails");
}

/// Two tasks that each add one, in two steps. In the order in which they are spawned the first is done
/// when the second begins; in between it would lose an update.
void add_twice() {
  int sum = 0;
  coir::group([&](coir::task_group& g) {
    for (int start : {0, 5}) {
      g.spawn([&, start] {
        for (int i = 0; i < start; ++i) coir::yield();
        int const before = sum;
        coir::yield();
        sum = before + 1;
      });
    }
  });
  if (sum != 2) throw std::runtime_error("an update is lost");
}

TEST_F(Explore, ABodyThatIsRightRunsOnceForEachSeed) {
  int runs = 0;
  std::set<coir::time_point> begins;
  explore({.seeds = 20}, [&] {
    ++runs;
    begins.insert(coir::now());
    coir::sleep_for(1h);
  });
  EXPECT_EQ(runs, 20);
  EXPECT_EQ(begins.size(), 1u);  // each with a clock of its own
}

TEST_F(Explore, ARaceIsFoundAndItsSeedIsNamed) {
  for (int i = 0; i < 10; ++i) coir::run(add_twice);  // no seed, no failure
  exploration_failed const found = failure_of(add_twice);
  std::string const seed = std::to_string(found.seed());
  EXPECT_TRUE(has(found.what(), "coir: with seed " + seed + ": ")) << found.what();
  EXPECT_TRUE(has(found.what(), "an update is lost")) << found.what();
  EXPECT_TRUE(has(found.what(), "(COIR_SEED=" + seed + " runs this one alone)")) << found.what();
  EXPECT_NE(found.cause(), nullptr);
  EXPECT_EQ(failure_of(add_twice).seed(), found.seed());
}

TEST_F(Explore, COIR_SEEDReplaysOneSeedAlone) {
  std::uint64_t const seed = failure_of(add_twice).seed();
  seed_in_environment const set(std::to_string(seed).c_str());
  EXPECT_EQ(coir::testing::seed_from_environment(), seed);
  int runs = 0;
  auto const counted = [&] {
    ++runs;
    add_twice();
  };
  EXPECT_EQ(failure_of(counted, {.first_seed = seed + 1000}).seed(), seed);
  EXPECT_EQ(runs, 1);
}

// A seed in the environment is the explorer's: what a program does must not depend on it.
TEST_F(Explore, PlainRunsDoNotLookAtTheEnvironment) {
  seed_in_environment const set("4");
  for (int i = 0; i < 10; ++i) {
    std::string order;
    coir::run([&] {
      coir::group([&](coir::task_group& g) {
        for (char const* name : {"a", "b", "c", "d"}) g.spawn([&order, name] { order += name; });
      });
    });
    EXPECT_EQ(order, "abcd");
  }
}

TEST_F(Explore, ASeedThatIsNoNumberIsRefused) {
  for (char const* bad : {"0", "-1", "x", "12x", "99999999999999999999999"}) {
    seed_in_environment const set(bad);
    EXPECT_THROW(explore([] {}), std::invalid_argument) << bad;
  }
  seed_in_environment const empty("");
  EXPECT_FALSE(coir::testing::seed_from_environment());
}

// Two locks in two orders: only some interleavings end in the embrace.
TEST_F(Explore, ADeadlockIsFoundWithItsReport) {
  exploration_failed const found = failure_of([] {
    coir::mutex first;
    coir::mutex second;
    coir::group([&](coir::task_group& g) {
      g.spawn({.name = "a"}, [&] {
        std::scoped_lock const one(first);
        coir::yield();
        std::scoped_lock const two(second);
      });
      g.spawn({.name = "b"}, [&] {
        coir::yield();
        coir::yield();
        std::scoped_lock const one(second);
        std::scoped_lock const two(first);
      });
    });
  });
  EXPECT_TRUE(has(found.what(), "\n  a waits in mutex::lock for b\n")) << found.what();
  EXPECT_TRUE(has(found.what(), "in a circle: a -> b -> a")) << found.what();
}

TEST_F(Explore, ABodyMayFailWithoutThrowing) {
  bool failed = false;
  int runs = 0;
  auto const fifth_fails = [&] { failed = ++runs == 5; };
  exploration_failed const found = failure_of(fifth_fails, {.failed = [&] { return failed; }});
  EXPECT_EQ(found.seed(), 5u);
  EXPECT_EQ(found.cause(), nullptr);
  EXPECT_TRUE(has(found.what(), "explore_options::failed")) << found.what();
  EXPECT_THROW(explore({.failed = [] { return true; }}, [] {}), std::logic_error);
}

TEST_F(Explore, AnExceptionThatReachesNobodyIsAFailure) {
  std::vector<std::string> others;
  auto const before = coir::set_unhandled_exception_handler(
      [&](std::string const& task, std::exception_ptr) { others.push_back(task); });
  exploration_failed const found = failure_of([] {
    coir::spawn({.name = "careless"}, [] { throw std::runtime_error("nobody asked"); }).detach();
    coir::sleep_for(1ms);
  });
  EXPECT_TRUE(has(found.what(), "the exception of task careless: nobody asked")) << found.what();
  EXPECT_TRUE(others.empty());
  coir::run([] {
    coir::spawn({.name = "later"}, [] { throw 1; }).detach();
    coir::yield();
  });
  EXPECT_EQ(others, (std::vector<std::string>{"later"}));  // and is given back
  coir::set_unhandled_exception_handler(before);
}

TEST_F(Explore, ARunThatNeverStandsStillIsEnded) {
  exploration_failed const found = failure_of(
      [] {
        for (;;) coir::yield();
      },
      {.patience = 20ms});
  EXPECT_EQ(found.seed(), 1u);
  EXPECT_TRUE(has(found.what(), "explore_options::patience")) << found.what();
}

// In virtual time a deadline comes when nothing can run. A machine may be slower than that.
TEST_F(Explore, DeadlinesComeInTheMidstOfWorkThatTakesTime) {
  std::set<int> steps_done;
  auto const work = [&] {
    int steps = 0;
    coir::move_on_after(10ms, [&] {
      for (; steps < 4; ++steps) coir::yield();
    });
    steps_done.insert(steps);
  };
  explore(work);
  EXPECT_EQ(steps_done, (std::set<int>{4}));
  explore({.seeds = 500, .work_takes = 20ms}, work);
  EXPECT_EQ(steps_done, (std::set<int>{0, 1, 2, 3, 4}));
}

// Never while somebody outside works in real time.
TEST_F(Explore, WorkTakesNoTimeWhileAnOffloadIsOut) {
  explore({.seeds = 20, .work_takes = 1h}, [] {
    std::atomic<bool> finish{false};
    auto caller = coir::spawn([&] {
      coir::offload([&] {
        while (!finish) std::this_thread::yield();
      });
    });
    coir::testing::wait_all_blocked();
    auto const begin = coir::now();
    for (int i = 0; i < 20; ++i) coir::yield();
    EXPECT_EQ(coir::now(), begin);
    finish = true;
    caller.get();
  });
}

TEST_F(Explore, OptionsThatCannotBeAreRefused) {
  coir::virtual_clock clock;
  EXPECT_THROW(explore({.run = {.model = coir::model::threads}}, [] {}), std::invalid_argument);
  EXPECT_THROW(explore({.run = {.clock = &clock}}, [] {}), std::invalid_argument);
  EXPECT_THROW(explore({.run = {.seed = 3}}, [] {}), std::invalid_argument);
  EXPECT_THROW(explore({.seeds = 0}, [] {}), std::invalid_argument);
  EXPECT_THROW(explore({.first_seed = 0}, [] {}), std::invalid_argument);
  coir::run([] { EXPECT_THROW(explore([] {}), std::logic_error); });
}

}  // namespace
