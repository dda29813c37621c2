// SPDX-License-Identifier: BSL-1.0
/// What a run in debug mode knows of its tasks, and steps that take too long.

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class DebugOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, DebugOn, concurrent_models, model_name);

bool has(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

/// The task called `name`; a default-made one if there is none.
coir::task_info seen(std::string const& name) {
  for (coir::task_info& each : coir::all_tasks())
    if (each.name == name) return each;
  return {};
}

std::string line(unsigned number) { return "debug_test.cpp:" + std::to_string(number); }

TEST_P(DebugOn, ATaskKnowsWhereAndByWhomItWasSpawned) {
  coir::run({.model = GetParam(), .debug = true}, [] {
    coir::event go;
    auto const wait = [&go] { go.wait(); };
    auto const wait_for = [](coir::event& e) { e.wait(); };
    unsigned const first = __LINE__;
    auto plain = coir::spawn(wait);
    auto named = coir::spawn({.name = "named"}, wait);
    auto with = coir::spawn({.name = "with"}, wait_for, std::ref(go));
    plain.set_name("plain");
    auto outer = coir::spawn([&] {
      coir::group([&](coir::task_group& g) {
        g.spawn(wait).set_name("child");
        g.spawn({.name = "named child"}, wait);
      });
    });
    await_parked(outer);
    EXPECT_EQ(seen("plain").spawned_at, line(first + 1));
    EXPECT_EQ(seen("named").spawned_at, line(first + 2));
    EXPECT_EQ(seen("with").spawned_at, line(first + 3));
    EXPECT_EQ(seen("child").spawned_at, line(first + 7));
    EXPECT_EQ(seen("named child").spawned_at, line(first + 8));
    EXPECT_EQ(seen("plain").spawned_by, seen("main").id);
    EXPECT_EQ(seen("child").spawned_by, outer.id());
    EXPECT_EQ(seen("main").spawned_by, 0u);
    EXPECT_EQ(seen("main").spawned_at, "");
    go.set();
    coir::gather(plain, named, with, outer);
  });
}

// spawn() with arguments has no room for a line: the address of the code is what remains.
TEST_P(DebugOn, ATaskSpawnedWithArgumentsKnowsItsCode) {
  coir::run({.model = GetParam(), .debug = true}, [] {
    coir::event go;
    auto task = coir::spawn([](coir::event& e) { e.wait(); }, std::ref(go));
    task.set_name("task");
    std::string const place = seen("task").spawned_at;
    EXPECT_TRUE(has(place, "+0x")) << place;
    go.set();
    task.get();
  });
}

TEST(DebugOnFibers, ForEachNamesTheLineOfItsCaller) {
  coir::run({.debug = true}, [] {
    std::vector<std::string> places;
    auto const note = [&](int) { places.push_back(seen(coir::this_task::name()).spawned_at); };
    coir::for_each(std::vector<int>{1, 2}, 1, note);
    EXPECT_EQ(places, (std::vector{line(__LINE__ - 1), line(__LINE__ - 1)}));
  });
}

// A virtual clock makes it exact.
TEST(DebugOnFibers, ADumpSaysSinceWhenATaskWaits) {
  coir::virtual_clock clock;
  coir::run({.clock = &clock, .debug = true}, [] {
    coir::event go;
    auto waiter = coir::spawn({.name = "waiter"}, [&] { go.wait(); });
    std::string const place = line(__LINE__ - 1);
    coir::sleep_for(1500ms);
    EXPECT_EQ(coir::now() - *seen("waiter").waits_since, 1500ms);
    EXPECT_FALSE(seen("main").waits_since);
    std::string const text = coir::dump_tasks();
    EXPECT_TRUE(has(text, " waits in event::wait (for 1.5 s; spawned at " + place + " by main)\n"))
        << text;
    EXPECT_TRUE(has(text, " is running\n")) << text;
    go.set();
    waiter.get();
  });
}

TEST(DebugOnFibers, ADeadlockSaysItToo) {
  coir::virtual_clock clock;
  try {
    coir::run({.clock = &clock, .debug = true}, [] {
      coir::event never_set;
      auto waiter = coir::spawn({.name = "waiter"}, [&] { never_set.wait(); });
      coir::sleep_for(90min);
      waiter.join();
    });
    ADD_FAILURE();
  } catch (coir::deadlock const& e) {
    EXPECT_TRUE(has(e.what(), "\n  waiter waits in event::wait (for 90 min; spawned at "))
        << e.what();
  }
}

TEST_P(DebugOn, WithoutDebugModeNothingIsNoted) {
  in_run([] {
    coir::event go;
    auto waiter = coir::spawn({.name = "waiter"}, [&] { go.wait(); });
    await_parked(waiter);
    coir::task_info const info = seen("waiter");
    EXPECT_FALSE(info.waits_since);
    EXPECT_EQ(info.spawned_at, "");
    EXPECT_EQ(info.spawned_by, 0u);
    EXPECT_FALSE(has(coir::dump_tasks(), "spawned"));
    go.set();
    waiter.get();
  });
}

class SlowStepOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SlowStepOn,
                         available({coir::model::fibers, coir::model::boost_fibers}), model_name);

void spin_for(std::chrono::nanoseconds time) {
  auto const until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
  }
}

TEST_P(SlowStepOn, DBG_04_AStepThatTakesTooLongIsReportedWithItsTask) {
  warning_log warnings;
  coir::run({.model = GetParam(), .slow_step = 1ms}, [] {
    coir::spawn({.name = "slow"}, [] { spin_for(2ms); }).join();
    coir::spawn({.name = "slow before it waits"}, [] {
      spin_for(2ms);
      coir::sleep_for(1us);
    }).join();
    coir::spawn({.name = "slow before it yields"}, [] {
      spin_for(2ms);
      coir::yield();
    }).join();
  });
  auto const all = warnings.entries();
  auto const reported = [&](std::string const& name) {
    for (auto const& each : all)
      if (has(each, "task " + name + " ran for ") &&
          has(each,
              " without letting others run (run_options::slow_step is 1 ms); it was spawned at "
              "debug_test.cpp:"))
        return true;
    return false;
  };
  EXPECT_TRUE(reported("slow"));
  EXPECT_TRUE(reported("slow before it waits"));
  EXPECT_TRUE(reported("slow before it yields"));
}

// What a step is: from one switch to the next, however long the task waits in between.
TEST_P(SlowStepOn, EachStepIsMeasuredByItself) {
  warning_log warnings;
  coir::run({.model = GetParam(), .slow_step = 100ms}, [] {
    coir::spawn({.name = "slow"}, [] {
      spin_for(110ms);
      coir::yield();
      coir::yield();
    }).join();
  });
  ASSERT_EQ(warnings.entries().size(), 1u);
  EXPECT_TRUE(has(warnings.entries()[0], "task slow ran for 1")) << warnings.entries()[0];
}

TEST(SlowStepInVirtualTime, AWaitIsNoStep) {
  warning_log warnings;
  coir::virtual_clock clock;
  coir::run({.clock = &clock, .slow_step = 10s}, [] { coir::sleep_for(1h); });
  EXPECT_TRUE(warnings.entries().empty());
}

TEST(SlowStep, ModelsWhereNobodyIsKeptFromRunningRefuseIt) {
  for (auto const kind : {coir::model::threads, coir::model::serial, coir::model::processes})
    EXPECT_THROW(coir::run({.model = kind, .slow_step = 1s}, [] {}), std::invalid_argument);
}

}  // namespace
}  // namespace contract
