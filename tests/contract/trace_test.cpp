// SPDX-License-Identifier: BSL-1.0
/// Being told of each step of each task.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "contract/models.hpp"
#include "contract/processes.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class TraceOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, TraceOn, concurrent_models, model_name);

class TraceOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, TraceOnAny, all_models, model_name);

/// A tracer that is a function.
class told : public coir::tracer {
 public:
  explicit told(std::function<void(coir::trace_event const&)> f) : f_(std::move(f)) {}
  void on_event(coir::trace_event const& event) override { f_(event); }

 private:
  std::function<void(coir::trace_event const&)> const f_;
};

bool has(coir::trace_log const& log, std::string const& part) {
  return log.text().find(part) != std::string::npos;
}

/// Those lines of a log that say what `name` does, and what is done to it.
std::vector<std::string> lines_on(coir::trace_log const& log, std::string const& name) {
  std::vector<std::string> all = log.lines();
  std::erase_if(all, [&](std::string const& line) {
    return line.find(name) == line.npos || line.find("wakes main") != line.npos;
  });
  return all;
}

TEST(TraceOnFibers, ALogTellsEachStepInOrder) {
  coir::trace_log log;
  coir::run({.trace = &log}, [] {
    coir::event go;
    auto waiter = coir::spawn({.name = "waiter"}, [&] { go.wait(); });
    coir::yield();
    go.set();
    waiter.join();
  });
  EXPECT_EQ(log.lines(), (std::vector<std::string>{
                             "main #1 is spawned", "main #1 begins",
                             "main #1 spawns waiter #2",  //
                             "main #1 yields", "waiter #2 begins", "waiter #2 parks in event::wait",
                             "main #1 goes on", "main #1 wakes waiter #2: fulfilled",
                             "main #1 parks in task::join",  //
                             "waiter #2 goes on", "waiter #2 ends: finished",
                             "waiter #2 wakes main #1: fulfilled",  //
                             "main #1 goes on", "main #1 ends: finished"}));
}

// The same on every model, but for the order in which two tasks take their steps.
TEST_P(TraceOn, ATaskIsFollowedFromItsSpawnToItsEnd) {
  coir::trace_log log;
  coir::run({.model = GetParam(), .trace = &log}, [&log] {
    coir::event go;
    auto waiter = coir::spawn({.name = "waiter"}, [&] { go.wait(); });
    while (!has(log, "waiter #2 parks")) coir::yield();
    go.set();
    waiter.join();
  });
  EXPECT_EQ(
      lines_on(log, "waiter"),
      (std::vector<std::string>{
          "main #1 spawns waiter #2", "waiter #2 begins", "waiter #2 parks in event::wait",
          "main #1 wakes waiter #2: fulfilled", "waiter #2 goes on", "waiter #2 ends: finished"}));
}

TEST(TraceOnSerial, ALogTellsEachStepInOrder) {
  coir::trace_log log;
  coir::run({.model = coir::model::serial, .trace = &log}, [] {
    auto inner = coir::spawn({.name = "inner"}, [] { coir::sleep_for(100ms); });
    EXPECT_TRUE(inner.done());
  });
  EXPECT_EQ(log.lines(),
            (std::vector<std::string>{
                "main #1 is spawned", "main #1 begins", "main #1 spawns inner #2",
                "inner #2 begins", "inner #2 parks in sleep", "inner #2 wakes inner #2: timed_out",
                "inner #2 goes on", "inner #2 ends: finished", "main #1 ends: finished"}));
}

/// What a process does is not seen from where it was spawned, but that it was cancelled, and how it ended.
TEST(TraceOnProcesses, ALogTellsWhatIsSeenOfATaskFromOutside) {
  shared_page::clear();
  coir::trace_log log;
  coir::run({.model = coir::model::processes, .trace = &log}, [] {
    auto worker = coir::spawn({.name = "worker"}, [] { coir::spawn([] {}).join(); });
    worker.join();
    auto thrower = coir::spawn({.name = "thrower"}, [] { throw std::runtime_error("x"); });
    thrower.join();
    EXPECT_NE(thrower.exception(), nullptr);
    auto victim = coir::spawn({.name = "victim"}, [] {
      ++shared(0);
      coir::sleep_for(1h);
    });
    await_shared(0);
    victim.cancel();
    victim.join();
    coir::group([](coir::task_group& g) {
      g.cancel();
      g.spawn({.name = "never"}, [] {});
    });
  });
  using lines = std::vector<std::string>;
  EXPECT_EQ(lines_on(log, "worker"),
            (lines{"main #1 spawns worker #2", "worker #2 begins", "worker #2 ends: finished"}));
  EXPECT_EQ(lines_on(log, "thrower"),
            (lines{"main #1 spawns thrower #3", "thrower #3 begins", "thrower #3 ends: failed"}));
  EXPECT_EQ(lines_on(log, "victim"),
            (lines{"main #1 spawns victim #4", "victim #4 begins",
                   "main #1 wakes victim #4: cancelled", "victim #4 ends: cancelled"}));
  EXPECT_EQ(lines_on(log, "never"), (lines{"main #1 spawns never #5", "never #5 ends: cancelled"}));
}

TEST(TraceOnProcesses, ADumpSaysWhereATaskWasSpawned) {
  coir::run({.model = coir::model::processes, .debug = true}, [] {
    auto const sleeper = coir::spawn({.name = "sleeper"}, [] { coir::sleep_for(1h); });
    std::string const dump = coir::dump_tasks();
    auto const at = dump.find("sleeper");
    ASSERT_NE(at, dump.npos) << dump;
    EXPECT_NE(dump.find("trace_test.cpp", at), dump.npos) << dump;
    EXPECT_NE(dump.find(" by main", at), dump.npos) << dump;
  });
}

TEST_P(TraceOn, HowAWaitAndATaskEndedIsTold) {
  coir::trace_log log;
  coir::run({.model = GetParam(), .trace = &log}, [] {
    coir::event never_set;
    auto late = coir::spawn({.name = "late"}, [&] { (void)never_set.wait_for(1ms); });
    auto victim = coir::spawn({.name = "victim"}, [&] { never_set.wait(); });
    auto thrower = coir::spawn({.name = "thrower"}, [] { throw std::runtime_error("x"); });
    late.join();
    await_parked(victim);
    victim.cancel();
    victim.join();
    thrower.join();
    EXPECT_NE(thrower.exception(), nullptr);
  });
  EXPECT_TRUE(has(log, "main #1 wakes victim #3: cancelled")) << log.text();
  EXPECT_TRUE(has(log, "victim #3 ends: cancelled")) << log.text();
  EXPECT_TRUE(has(log, "thrower #4 ends: failed")) << log.text();
  EXPECT_TRUE(has(log, "late #2: timed_out") || has(log, "late #2 is woken: timed_out"))
      << log.text();
}

// C7
TEST_P(TraceOn, ATaskThatIsCancelledBeforeItBeginsOnlyEnds) {
  coir::trace_log log;
  coir::run({.model = GetParam(), .trace = &log}, [] {
    coir::group([](coir::task_group& g) {
      g.cancel();
      g.spawn({.name = "never"}, [] {});
    });
  });
  EXPECT_EQ(lines_on(log, "never"),
            (std::vector<std::string>{"main #1 spawns never #2", "never #2 ends: cancelled"}));
}

// The moment between claim and wake: the task is held there as long as the tracer likes.
TEST_P(TraceOn, ATaskThatIsWokenDoesNotGoOnBeforeTheTracerReturns) {
  std::atomic<bool> went_on{false};
  std::atomic<bool> told_before{false};
  told tracer([&](coir::trace_event const& event) {
    if (event.what != coir::trace_point::woken || event.name() != "waiter") return;
    for (int i = 0; i < 100; ++i) std::this_thread::yield();
    told_before = !went_on;
  });
  coir::run({.model = GetParam(), .trace = &tracer}, [&] {
    coir::event go;
    auto waiter = coir::spawn({.name = "waiter"}, [&] {
      go.wait();
      went_on = true;
    });
    await_parked(waiter);
    go.set();
    waiter.join();
  });
  EXPECT_TRUE(told_before);
  EXPECT_TRUE(went_on);
}

// And the moment before it parks: its wait is open already, and may be ended.
TEST_P(TraceOn, AWaitMayBeEndedBeforeItsTaskHasLeft) {
  coir::event* to_set = nullptr;
  told tracer([&](coir::trace_event const& event) {
    if (event.what == coir::trace_point::parked && event.about == "event::wait") to_set->set();
  });
  coir::run({.model = GetParam(), .trace = &tracer}, [&] {
    coir::event go;
    to_set = &go;
    go.wait();
    EXPECT_TRUE(go.is_set());
    go.clear();
    EXPECT_TRUE(go.wait_for(1h));
  });
}

// S5: what is the same with one seed is every step
TEST(TraceOnFibers, TwoRunsWithOneSeedHaveTheSameLog) {
  auto const log_of = [](std::uint64_t seed) {
    coir::virtual_clock clock;
    coir::trace_log log;
    coir::run({.clock = &clock, .seed = seed, .trace = &log}, [] {
      coir::queue<int> items(1);
      coir::semaphore permits(2);
      coir::group([&](coir::task_group& g) {
        for (int i = 0; i < 4; ++i) {
          g.spawn([&, i] {
            permits.acquire();
            coir::sleep_for(i * 1ms);
            (void)items.put_for(i, 2ms);
            permits.release();
          });
        }
        g.spawn([&] {
          while (auto const item = items.get_for(3ms)) coir::yield();
        });
        auto victim = g.spawn([] { coir::sleep_for(1h); });
        coir::sleep_for(2ms);
        victim.cancel();
      });
    });
    return log.text();
  };
  EXPECT_EQ(log_of(0), log_of(0));
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    EXPECT_EQ(log_of(seed), log_of(seed)) << "seed " << seed;
    EXPECT_NE(log_of(seed), log_of(seed + 1)) << "seed " << seed;
  }
}

// T3: equal deadlines are claimed in the order they were set, also with a seed
TEST(TraceOnFibers, ASeedLeavesEqualDeadlinesInTheOrderTheyWereSet) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::vector<std::string> parked;
    std::vector<std::string> woken;
    told tracer([&](coir::trace_event const& event) {
      if (event.about == "sleep") parked.push_back(event.name());
      if (event.about == "timed_out") woken.push_back(event.name());
    });
    coir::virtual_clock clock;
    coir::run({.clock = &clock, .seed = seed, .trace = &tracer}, [] {
      coir::group([](coir::task_group& g) {
        for (int i = 0; i < 5; ++i) g.spawn([] { coir::sleep_for(1s); });
      });
    });
    EXPECT_EQ(parked.size(), 5u);
    EXPECT_EQ(woken, parked) << "seed " << seed;
  }
}

TEST_P(TraceOnAny, DBG_05_ATracerThatThrowsIsToldNoMoreAndTheProgramGoesOn) {
  warning_log warnings;
  std::atomic<int> times{0};
  told tracer([&](coir::trace_event const& event) {
    if (event.what != coir::trace_point::begun || event.name() != "second") return;
    ++times;
    throw std::runtime_error("no more ink");
  });
  int done = 0;
  coir::run({.model = GetParam(), .trace = &tracer}, [&] {
    for (char const* name : {"first", "second", "second", "third"})
      coir::spawn({.name = name}, [&] { ++done; }).join();
  });
  EXPECT_EQ(done, 4);
  EXPECT_EQ(times, 1);
  EXPECT_EQ(
      warnings.entries(),
      (std::vector<std::string>{"a tracer threw at \"begun\", and is told no more: no more ink"}));
}

TEST_P(TraceOnAny, ATracerIsToldOfTwoRunsAfterEachOther) {
  coir::trace_log log;
  for (int i = 0; i < 2; ++i) {
    log.clear();
    coir::run({.model = GetParam(), .trace = &log}, [] {});
    EXPECT_EQ(log.text(), "main #1 is spawned\nmain #1 begins\nmain #1 ends: finished\n");
  }
}

}  // namespace
}  // namespace contract
