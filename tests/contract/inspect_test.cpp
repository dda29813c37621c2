// SPDX-License-Identifier: BSL-1.0
/// Seeing a run from inside: the tree of tasks, who waits for whom, the numbers.

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class InspectOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, InspectOn, concurrent_models, model_name);

/// The task called `name`; a default-made one if there is none.
coir::task_info seen(std::string const& name) {
  for (coir::task_info& each : coir::all_tasks())
    if (each.name == name) return each;
  return {};
}

/// What was seen of the task called `name`, once it waits for `count` others.
coir::task_info await_waiting(std::string const& name, std::size_t count) {
  for (;;) {
    coir::task_info found = seen(name);
    if (found.waits_for.size() == count) return found;
    coir::yield();
  }
}

std::vector<std::uint64_t> sorted(std::vector<std::uint64_t> ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

TEST_P(InspectOn, DBG_01_AGroupWaitsForItsTasksAndIsTheirParent) {
  in_run([] {
    coir::event go;
    auto owner = coir::spawn({.name = "owner"}, [&] {
      coir::group([&](coir::task_group& g) {
        g.spawn({.name = "a"}, [&] { go.wait(); });
        g.spawn({.name = "b"}, [&] { go.wait(); });
      });
    });
    coir::task_info const waiting = await_waiting("owner", 2);
    EXPECT_EQ(waiting.state, coir::task_state::parked);
    EXPECT_EQ(waiting.waits_in, "task_group::join");
    EXPECT_EQ(sorted(waiting.waits_for), (std::vector{seen("a").id, seen("b").id}));
    EXPECT_EQ(seen("a").parent, owner.id());
    EXPECT_EQ(seen("owner").parent, 0u);
    go.set();
    owner.get();
    EXPECT_EQ(coir::all_tasks().size(), 1u);  // nothing is left of what has ended
    EXPECT_TRUE(seen("main").waits_for.empty());
  });
}

TEST_P(InspectOn, DBG_01_GatherAndWaitWaitForTheTasksTheyAreGiven) {
  in_run([] {
    coir::event go;
    auto a = coir::spawn({.name = "a"}, [&] { go.wait(); });
    auto b = coir::spawn({.name = "b"}, [&] { go.wait(); });
    auto gatherer = coir::spawn({.name = "gatherer"}, [&] { coir::gather(a, b); });
    auto waiter = coir::spawn({.name = "waiter"}, [&] { coir::wait({&a, &b}); });
    auto joiner = coir::spawn({.name = "joiner"}, [&] { b.join(); });
    EXPECT_EQ(sorted(await_waiting("gatherer", 2).waits_for), (std::vector{a.id(), b.id()}));
    EXPECT_EQ(sorted(await_waiting("waiter", 2).waits_for), (std::vector{a.id(), b.id()}));
    EXPECT_EQ(await_waiting("joiner", 1).waits_for, (std::vector{b.id()}));
    go.set();
    coir::gather(gatherer, waiter, joiner);
    EXPECT_TRUE(seen("main").waits_for.empty());
  });
}

TEST_P(InspectOn, DBG_01_AShieldedWaitIsSeenLikeAnyOther) {
  in_run([] {
    coir::event go;
    auto inner = coir::spawn({.name = "inner"}, [&] { go.wait(); });
    auto outer = coir::spawn({.name = "outer"}, [&] { coir::shield([&] { inner.join(); }); });
    EXPECT_EQ(await_waiting("outer", 1).waits_for, (std::vector{inner.id()}));
    EXPECT_EQ(seen("outer").waits_in, "task::join");
    go.set();
    outer.get();
  });
}

// A task that watches others and waits for something else does not wait for those.
TEST_P(InspectOn, OneWhoTakesResultsOneByOneWaitsForTheRestOnlyInBetween) {
  in_run([] {
    coir::event go;
    coir::event taken;
    auto quick = coir::spawn([] {});
    auto slow = coir::spawn([&] { go.wait(); });
    auto taker = coir::spawn({.name = "taker"}, [&] {
      for (auto const& each : coir::as_completed(quick, slow)) {
        (void)each;
        taken.wait();
      }
    });
    while (seen("taker").waits_in != "event::wait") coir::yield();
    EXPECT_TRUE(seen("taker").waits_for.empty());
    taken.set();
    EXPECT_EQ(await_waiting("taker", 1).waits_for, (std::vector{slow.id()}));
    go.set();
    taker.get();
  });
}

TEST(InspectOnFibers, ADumpShowsTheTreeTheStatesAndTheWaits) {
  coir::run([] {
    coir::event go;
    auto owner = coir::spawn({.name = "owner"}, [&] {
      coir::group([&](coir::task_group& g) {
        g.spawn({.name = "waiter"}, [&] { go.wait(); });
        g.spawn({.name = "yielder"}, [&] {
          while (!go.is_set()) coir::yield();
        });
      });
    });
    coir::yield();
    coir::yield();
    auto const fresh = coir::spawn({.name = "fresh"}, [] {});
    auto const number = [](std::string const& name) {
      return name + " #" + std::to_string(seen(name).id);
    };
    std::string const expected = number("main") + " is running\n" +  //
                                 number("owner") +
                                 " waits in task_group::join for waiter, yielder\n" + "├─ " +
                                 number("waiter") + " waits in event::wait\n" +  //
                                 "└─ " + number("yielder") + " is ready\n" +     //
                                 number("fresh") + " is fresh\n";
    EXPECT_EQ(coir::dump_tasks(), expected);
    std::ostringstream stream;
    coir::dump_tasks(stream);
    EXPECT_EQ(stream.str(), expected);
    go.set();
    owner.get();
  });
}

TEST(InspectOnFibers, ADumpNamesCircles) {
  coir::run([] {
    coir::task<void> b;
    auto a = coir::spawn({.name = "a"}, [&] { b.join(); });
    b = coir::spawn({.name = "b"}, [&] { a.join(); });
    await_parked(a);
    await_parked(b);
    std::string const text = coir::dump_tasks();
    EXPECT_NE(text.find("in a circle: a -> b -> a\n"), std::string::npos) << text;
    a.cancel();
    b.cancel();
  });
}

TEST_P(InspectOn, StatisticsCountTasksByHowTheyEnded) {
  in_run([] {
    coir::event go;
    std::vector<coir::task<void>> tasks;
    for (int i = 0; i < 3; ++i) tasks.push_back(coir::spawn([] {}));
    tasks.push_back(coir::spawn([] { throw std::runtime_error("x"); }));
    tasks.push_back(coir::spawn([&] { go.wait(); }));
    await_parked(tasks.back());
    tasks.back().cancel();
    for (auto& each : tasks) each.join();
    EXPECT_NE(tasks[3].exception(), nullptr);
    auto parked = coir::spawn([&] { go.wait(); });
    await_parked(parked);

    coir::run_statistics const now = coir::statistics();
    EXPECT_EQ(now.spawned, 7u);
    EXPECT_EQ(now.finished, 3u);
    EXPECT_EQ(now.failed, 1u);
    EXPECT_EQ(now.cancelled, 1u);
    EXPECT_EQ(now.alive, 2u);
    EXPECT_EQ(now.running, 1u);
    EXPECT_EQ(now.parked, 1u);
    go.set();
    parked.get();
  });
}

TEST(InspectOnFibers, StatisticsCountTurnsAndTimers) {
  coir::run([] {
    auto sleeper = coir::spawn([] { coir::sleep_for(1h); });
    coir::run_statistics const before = coir::statistics();
    EXPECT_EQ(before.fresh, 1u);
    EXPECT_EQ(before.timers, 0u);
    coir::yield();
    coir::yield();
    coir::run_statistics const after = coir::statistics();
    EXPECT_EQ(after.timers, 1u);
    EXPECT_EQ(after.turns, before.turns + 3);  // the sleeper's, and two of ours
    EXPECT_EQ(after.parked, 1u);
  });
}

TEST_P(InspectOn, StatisticsCountWhatTheModelHas) {
  in_run([] {
    coir::event go;
    std::vector<coir::task<void>> tasks;
    for (int i = 0; i < 3; ++i) tasks.push_back(coir::spawn([&] { (void)go.wait_for(1h); }));
    for (auto const& each : tasks) await_parked(each);
    coir::run_statistics const now = coir::statistics();
    if (GetParam() == coir::model::threads) {
      EXPECT_EQ(now.threads, 3u);  // main's thread was there before
      EXPECT_EQ(now.stacks, 0u);
    } else {
      EXPECT_EQ(now.threads, 0u);
      EXPECT_EQ(now.stacks, 4u);
      EXPECT_EQ(now.timers, 3u);
    }
    go.set();
    for (auto& each : tasks) each.get();
  });
}

TEST(Inspect, OutsideOfARunThereIsNothingToSee) {
  EXPECT_THROW((void)coir::all_tasks(), std::logic_error);
  EXPECT_THROW((void)coir::dump_tasks(), std::logic_error);
  EXPECT_THROW((void)coir::statistics(), std::logic_error);
}

}  // namespace
}  // namespace contract
