// SPDX-License-Identifier: BSL-1.0
/// Waiting until all others wait; and when virtual time jumps.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <coir/testing/wait_all_blocked.hpp>

#include "contract/models.hpp"

namespace {

using namespace contract;
using coir::testing::wait_all_blocked;

class WaitAllBlockedOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, WaitAllBlockedOn, concurrent_models, model_name);

using WaitAllBlockedInVirtualTime = virtual_run;

/// How many tasks of the run are parked.
std::size_t parked() { return coir::statistics().parked; }

TEST_P(WaitAllBlockedOn, CLK_03_ItReturnsOnceAllOthersAreParked) {
  in_run([] {
    coir::event go;
    std::atomic<int> arrived{0};
    std::vector<coir::task<void>> tasks;
    for (int steps = 0; steps < 5; ++steps) {
      tasks.push_back(coir::spawn([&, steps] {
        for (int i = 0; i < steps * 10; ++i) coir::yield();
        ++arrived;
        go.wait();
      }));
    }
    wait_all_blocked();
    EXPECT_EQ(arrived, 5);
    EXPECT_EQ(parked(), 5u);
    go.set();
    for (auto& each : tasks) each.get();
    wait_all_blocked();  // nobody is left
  });
}

// At each moment but the last one of the two runs, or has been woken. Many others stand between them in
// the run's list: one look at all, from first to last, would soon find each of the two parked.
TEST_P(WaitAllBlockedOn, CLK_03_ItIsNotDeceivedByTasksThatWakeEachOther) {
  constexpr int laps = 2000;
  in_run([&] {
    coir::event never_set;
    std::deque<coir::event> turn(2);
    std::atomic<int> passed{0};
    auto const play = [&](std::size_t own) {
      for (int lap = 0; lap < laps; ++lap) {
        turn[own].wait();
        turn[own].clear();
        ++passed;
        turn[1 - own].set();
      }
      never_set.wait();
    };
    std::vector<coir::task<void>> tasks;
    tasks.push_back(coir::spawn(play, 0u));
    for (int i = 0; i < 300; ++i) tasks.push_back(coir::spawn([&] { never_set.wait(); }));
    tasks.push_back(coir::spawn(play, 1u));
    turn[0].set();
    wait_all_blocked();
    EXPECT_EQ(passed, laps * 2);
    for (auto& each : tasks) each.cancel();
  });
}

TEST_P(WaitAllBlockedOn, SeveralMayWaitForItAtOnce) {
  in_run([] {
    std::atomic<bool> arrived{false};
    coir::event go;
    auto other = coir::spawn([&] {
      wait_all_blocked();
      EXPECT_TRUE(arrived);
    });
    auto last = coir::spawn([&] {
      for (int i = 0; i < 50; ++i) coir::yield();
      arrived = true;
      go.wait();
    });
    wait_all_blocked();
    EXPECT_TRUE(arrived);
    other.get();
    go.set();
    last.get();
  });
}

TEST_P(WaitAllBlockedOn, ItCanBeCancelled) {
  in_run([] {
    std::atomic<bool> over{false};
    auto loop = coir::spawn([&] {
      while (!over) coir::yield();
    });
    auto waiter = coir::spawn([] { wait_all_blocked(); });
    coir::yield();
    waiter.cancel();
    waiter.join();
    EXPECT_TRUE(waiter.cancelled());
    EXPECT_FALSE(coir::move_on_after(5ms, [] { wait_all_blocked(); }));
    over = true;
    loop.get();
  });
}

TEST_P(WaitAllBlockedOn, ACushionIsWaitedFor) {
  in_run([] {
    auto const begin = coir::now();
    wait_all_blocked(5ms);
    EXPECT_GE(coir::now() - begin, 5ms);
  });
}

TEST_P(WaitAllBlockedOn, AnOffloadedCallsCallerIsParked) {
  in_run([] {
    std::atomic<bool> finish{false};
    auto caller = coir::spawn([&] {
      coir::offload([&] {
        while (!finish) std::this_thread::yield();
      });
    });
    wait_all_blocked();
    EXPECT_FALSE(caller.done());
    finish = true;
    caller.get();
  });
}

// A thread says of itself that it runs.
TEST(WaitAllBlockedOnThreads, ATaskInAStdMutexIsWaitedFor) {
  coir::run({.model = coir::model::threads}, [] {
    std::mutex held;
    held.lock();
    auto other = coir::spawn([&] { std::scoped_lock const lock(held); });
    EXPECT_FALSE(coir::move_on_after(20ms, [] { wait_all_blocked(); }));
    held.unlock();
    other.get();
    wait_all_blocked();
  });
}

// S5
TEST_F(WaitAllBlockedInVirtualTime, CLK_02_ItComesBeforeTimeJumps) {
  in_run([this] {
    bool woken = false;
    auto sleeper = coir::spawn([&] {
      coir::sleep_for(1ms);
      woken = true;
    });
    for (int i = 0; i < 3; ++i) {
      wait_all_blocked();
      EXPECT_FALSE(woken);
      EXPECT_EQ(elapsed(), 0ms);
    }
    coir::sleep_for(1ms);
    wait_all_blocked();
    EXPECT_TRUE(woken);
    EXPECT_EQ(elapsed(), 1ms);
  });
}

TEST_F(WaitAllBlockedInVirtualTime, ACushionBeginsAnewWhenSomebodyRuns) {
  in_run([this] {
    auto sleeper = coir::spawn([] {
      coir::sleep_for(10ms);
      coir::sleep_for(1h);
    });
    wait_all_blocked(5ms);
    EXPECT_EQ(elapsed(), 5ms);
    wait_all_blocked(15ms);
    EXPECT_EQ(elapsed(), 25ms);
    sleeper.cancel();
  });
}

TEST_F(WaitAllBlockedInVirtualTime, TheShortestCushionGoesFirst) {
  in_run([this] {
    std::vector<std::string> order;
    coir::group([&](coir::task_group& g) {
      g.spawn([&] {
        wait_all_blocked(2ms);
        order.emplace_back("long");
        EXPECT_EQ(elapsed(), 3ms);  // 2 ms after the others have run
      });
      for (int i = 0; i < 2; ++i) {
        g.spawn([&] {
          wait_all_blocked(1ms);
          order.emplace_back("short");
          EXPECT_EQ(elapsed(), 1ms);
        });
      }
    });
    EXPECT_EQ(order, (std::vector<std::string>{"short", "short", "long"}));
  });
}

// With a seed a number of yields proves nothing, and this does.
TEST_F(WaitAllBlockedInVirtualTime, WithASeedItStillComesLast) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    coir::run({.clock = &clock, .seed = seed}, [&] {
      coir::event go;
      int arrived = 0;
      coir::group([&](coir::task_group& g) {
        for (int steps = 0; steps < 4; ++steps) {
          g.spawn([&, steps] {
            for (int i = 0; i < steps; ++i) coir::yield();
            ++arrived;
            go.wait();
          });
        }
        wait_all_blocked();
        EXPECT_EQ(arrived, 4) << "seed " << seed;
        go.set();
      });
    });
  }
}

// A run that waits for its own standstill is not stuck.
TEST(WaitAllBlockedInRealTime, WhoWaitsForItIsNotStuck) {
  coir::run({.when_stuck = coir::when_stuck::fail}, [] {
    coir::event never_set;
    auto waiter = coir::spawn([&] { never_set.wait(); });
    wait_all_blocked();
    wait_all_blocked(1ms);
    waiter.cancel();
  });
}

TEST(WaitAllBlockedOnSerial, NobodyElseCanRunSoItReturnsAtOnce) {
  coir::run({.model = coir::model::serial}, [] {
    auto inner = coir::spawn([] { wait_all_blocked(1h); });
    EXPECT_TRUE(inner.done());
  });
}

TEST(WaitAllBlocked, MisuseIsRefused) {
  EXPECT_THROW(wait_all_blocked(), std::logic_error);
  coir::run([] {
    using seconds = std::chrono::duration<double>;
    EXPECT_THROW(wait_all_blocked(seconds(std::numeric_limits<double>::quiet_NaN())),
                 std::invalid_argument);
  });
}

using VirtualClock = virtual_run;

// S5
TEST_F(VirtualClock, CLK_01_TimeJumpsOnlyWhenAllAreParked) {
  auto const real_begin = std::chrono::steady_clock::now();
  in_run([this] {
    auto sleeper = coir::spawn([] { coir::sleep_for(450s); });
    for (int i = 0; i < 1000; ++i) {
      coir::yield();
      EXPECT_EQ(elapsed(), 0s);
    }
    sleeper.join();
    EXPECT_EQ(elapsed(), 450s);
  });
  EXPECT_LT(std::chrono::steady_clock::now() - real_begin, 45s);
}

}  // namespace
