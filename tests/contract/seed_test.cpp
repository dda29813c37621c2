// SPDX-License-Identifier: BSL-1.0
/// Seeded runs: the seed alone decides which of the ready tasks runs next.

#include <algorithm>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "contract/models.hpp"

namespace contract {
namespace {

/// Runs `f(trace)` with a seed, in virtual time; what it has written into the trace.
template <class F>
std::string trace_of(std::uint64_t seed, F&& f) {
  coir::virtual_clock clock;
  std::string trace;
  coir::run({.clock = &clock, .seed = seed}, [&] { f(trace); });
  return trace;
}

/// A program in which tasks are spawned, yield, sleep, hand items on, are cancelled and time out.
void busy_program(std::string& trace) {
  coir::queue<int> items(2);
  coir::mutex door;
  coir::task<> victim;
  coir::group([&](coir::task_group& g) {
    for (char name : {'a', 'b', 'c', 'd'}) {
      g.spawn([&, name] {
        for (int i = 0; i < 3; ++i) {
          std::scoped_lock const held(door);
          trace += name;
          coir::yield();
        }
        items.put(name);
        trace += static_cast<char>(name - 'a' + 'A');
      });
    }
    g.spawn([&] {
      while (auto const item = items.get_for(5ms)) trace += static_cast<char>('0' + *item - 'a');
      trace += '.';
    });
    victim = g.spawn([&] { coir::sleep_for(1h); });
    g.spawn([&] {
      for (int i = 0; i < 4; ++i) coir::yield();
      victim.cancel();
      trace += '!';
    });
    g.spawn([&] {
      coir::select(
          coir::on_get(items, [&](int item) { trace += static_cast<char>('5' + item - 'a'); }),
          coir::on_end(victim, [&] { trace += '?'; }), coir::after(1ms, [&] { trace += '-'; }));
    });
  });
}

// S5
TEST(SeededRun, TheSameSeedGivesTheSameTrace) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    EXPECT_EQ(trace_of(seed, busy_program), trace_of(seed, busy_program)) << "seed " << seed;
}

// S5
TEST(SeededRun, OtherSeedsGiveOtherTraces) {
  std::set<std::string> traces;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) traces.insert(trace_of(seed, busy_program));
  EXPECT_GT(traces.size(), 40u);
}

/// Three tasks that each say their name.
void three(std::string& trace) {
  coir::group([&](coir::task_group& g) {
    for (char const* name : {"a", "b", "c"}) g.spawn([&trace, name] { trace += name; });
  });
}

// S5, S2: nothing is random that no seed makes so
TEST(SeededRun, WithoutASeedWhoCameFirstRunsFirst) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(trace_of(0, three), "abc");
}

// S5
TEST(SeededRun, EveryOrderOfThreeTasksHasItsSeeds) {
  std::set<std::string> traces;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) traces.insert(trace_of(seed, three));
  EXPECT_EQ(traces, (std::set<std::string>{"abc", "acb", "bac", "bca", "cab", "cba"}));
}

// S5: an interleaving in which one task stands still for long is found too
TEST(SeededRun, OneTaskMayHaveManyTurnsWhileAnotherHasNone) {
  auto const race = [](std::string& trace) {
    coir::group([&](coir::task_group& g) {
      g.spawn([&] {
        for (int i = 0; i < 5; ++i) {
          trace += 'x';
          coir::yield();
        }
      });
      g.spawn([&] { trace += '|'; });
    });
  };
  std::set<std::string> traces;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) traces.insert(trace_of(seed, race));
  EXPECT_EQ(traces.size(), 6u);  // the other one comes in each of the gaps
}

// S2: a seed starves nobody
TEST(SeededRun, ALoopOfYieldsStarvesNobody) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    coir::run({.seed = seed}, [] {
      bool over = false;
      auto loop = coir::spawn([&] {
        while (!over) coir::yield();
      });
      auto other = coir::spawn([&] {
        for (int i = 0; i < 100; ++i) coir::yield();
        coir::sleep_for(1us);
        over = true;
      });
      loop.join();
    });
  }
}

// Q1: who waited first is served first, in whatever order they then run
TEST(SeededRun, WaitersAreServedInTheOrderTheyCame) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    coir::run({.seed = seed}, [&] {
      coir::queue<int> items;
      std::vector<int> came;  // in this order they asked
      std::vector<int> got(5, -1);
      coir::group([&](coir::task_group& g) {
        for (int i = 0; i < 5; ++i) {
          g.spawn([&, i] {
            came.push_back(i);
            got[static_cast<std::size_t>(i)] = items.get();
          });
        }
        g.spawn([&] {
          while (came.size() < 5) coir::yield();
          for (int item = 0; item < 5; ++item) items.put(item);
        });
      });
      for (int place = 0; place < 5; ++place)
        EXPECT_EQ(got[static_cast<std::size_t>(came[static_cast<std::size_t>(place)])], place)
            << "seed " << seed;
    });
  }
}

TEST(SeededRun, OtherModelsRefuseASeed) {
  for (auto const kind : {coir::model::serial, coir::model::threads}) {
    try {
      coir::run({.model = kind, .seed = 7}, [] {});
      ADD_FAILURE() << coir::to_string(kind);
    } catch (std::invalid_argument const& e) {
      EXPECT_NE(std::string(e.what()).find("run_options::seed is 7"), std::string::npos)
          << e.what();
    }
  }
}

}  // namespace
}  // namespace contract
