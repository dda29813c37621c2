// SPDX-License-Identifier: BSL-1.0
/// A fiber for which there is no stack: it fails, and its end is its own like any other's.

#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>

#include <coir/coir.hpp>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace {

using names = std::vector<std::string>;

/// More than there are addresses.
constexpr std::size_t too_large = std::size_t{1} << 48;

/// A task that cannot begin; `f` is called when what it is made of is destroyed.
template <class F>
coir::task<> spawn_in_vain(std::string name, F f) {
  return coir::spawn({.name = std::move(name), .stack_size = too_large},
                     [end = std::shared_ptr<void>(nullptr, [f](void*) { f(); })] {
                       ADD_FAILURE() << "there was a stack";
                     });
}

TEST(NoStack, TheTaskFailsAndTheErrorTravels) {
  coir::run([] {
    auto task = spawn_in_vain("in vain", [] {});
    EXPECT_THROW(task.get(), std::system_error);
    EXPECT_THROW(coir::group([](coir::task_group& all) {
                   all.spawn({.stack_size = too_large}, [] {});
                   coir::event().wait();
                 }),
                 coir::exception_group);
  });
}

TEST(NoStack, ItsDestructorsAndCallbacksRunInThatTask) {
  coir::run([] {
    names seen;
    auto const note = [&] { seen.push_back(coir::this_task::name()); };
    auto task = spawn_in_vain("in vain", note);
    task.on_done(note);
    auto const other = coir::spawn({.name = "other"}, [] { coir::yield(); });
    EXPECT_THROW(task.get(), std::system_error);
    note();
    EXPECT_EQ(seen, (names{"in vain", "in vain", "main"}));
  });
}

// C6: as in any end
TEST(NoStack, ItsDestructorsMayWait) {
  coir::run([] {
    coir::event go;
    names seen;
    auto task = spawn_in_vain("in vain", [&] {
      go.wait();
      seen.push_back(coir::this_task::name());
    });
    EXPECT_FALSE(task.join_for(std::chrono::milliseconds(1)));
    EXPECT_TRUE(seen.empty());
    go.set();
    task.join();
    EXPECT_EQ(seen, (names{"in vain"}));
    EXPECT_NE(task.exception(), nullptr);
  });
}

// One after the other, whoever has to wait meanwhile, and other tasks are not held up
TEST(NoStack, ManyOfThemEndInTheirOrder) {
  constexpr int count = 200;
  coir::run([] {
    coir::event go;
    std::vector<int> ended;
    std::vector<coir::task<>> tasks;
    for (int i = 0; i < count; ++i)
      tasks.push_back(spawn_in_vain("in vain", [&, i] {
        if (i % 7 == 0) go.wait();
        ended.push_back(i);
      }));
    coir::yield();
    bool others_run = false;
    coir::spawn([&] { others_run = true; }).join();
    EXPECT_TRUE(others_run);
    EXPECT_TRUE(ended.empty());
    go.set();
    for (auto& each : tasks) EXPECT_THROW(each.get(), std::system_error);
    ASSERT_EQ(ended.size(), static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) EXPECT_EQ(ended[static_cast<std::size_t>(i)], i);
  });
}

// C7
TEST(NoStack, OneThatWasCancelledFirstIsCancelled) {
  coir::run([] {
    auto const task = spawn_in_vain("in vain", [] {});
    task.cancel();
    task.join();
    EXPECT_TRUE(task.cancelled());
  });
}

// G1: also if nobody waits for it
TEST(NoStack, ARunEndsAfterThem) {
  contract::unhandled_log const log;
  int ends = 0;
  coir::run([&] {
    for (int i = 0; i < 3; ++i)
      spawn_in_vain("in vain", [&] {
        coir::yield();
        ++ends;
      }).detach();
    coir::yield();
  });
  EXPECT_EQ(ends, 3);
}

TEST(NoStack, ARunWithoutAnyThrows) {
  EXPECT_THROW(coir::run({.stack_size = too_large}, [] {}), std::system_error);
}

}  // namespace
