// SPDX-License-Identifier: BSL-1.0
/// Task-locals on every model: born with the spawner's values, seen by nobody else.

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "contract/models.hpp"

namespace contract {
namespace {

class TaskLocalOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, TaskLocalOnAny, all_models, model_name);

class TaskLocalOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, TaskLocalOn, concurrent_models, model_name);

coir::task_local<std::string> user("nobody");
coir::task_local<int> number;

TEST_P(TaskLocalOnAny, ATaskThatHasSetNothingSeesTheInitialValue) {
  in_run([] {
    EXPECT_EQ(user.get(), "nobody");
    EXPECT_EQ(number.get(), 0);
    EXPECT_EQ(coir::spawn([] { return user.get(); }).get(), "nobody");
  });
}

TEST_P(TaskLocalOnAny, CTX_01_WhatAChildSetsIsInvisibleOutside) {
  in_run([] {
    user.set("parent");
    number.set(1);
    auto child = coir::spawn([] {
      EXPECT_EQ(user.get(), "parent");
      user.set("child");
      EXPECT_EQ(coir::spawn([] { return user.get(); }).get(), "child");
      EXPECT_EQ(number.get(), 1);
      return user.get();
    });
    EXPECT_EQ(child.get(), "child");
    EXPECT_EQ(user.get(), "parent");
    EXPECT_EQ(number.get(), 1);
  });
}

TEST_P(TaskLocalOn, CTX_01_ATaskIsBornWithTheValuesOfTheMomentItIsSpawned) {
  in_run([] {
    user.set("before");
    coir::event changed;
    auto child = coir::spawn([&] {
      changed.wait();
      return user.get();
    });
    user.set("after");
    changed.set();
    EXPECT_EQ(child.get(), "before");
    EXPECT_EQ(user.get(), "after");
  });
}

TEST_P(TaskLocalOnAny, CTX_01_ATaskOfAGroupIsBornWithTheValuesOfWhoSpawnsIt) {
  in_run([] {
    user.set("maker");
    coir::group([](coir::task_group& tasks) {
      coir::spawn([&] {
        user.set("spawner");
        tasks.spawn([] { EXPECT_EQ(user.get(), "spawner"); });
      }).get();
    });
    EXPECT_EQ(user.get(), "maker");
  });
}

TEST_P(TaskLocalOn, EachOfManyTasksSeesItsOwnAcrossItsWaits) {
  in_run([] {
    std::vector<coir::task<bool>> tasks;
    for (int i = 0; i < 50; ++i)
      tasks.push_back(coir::spawn([i] {
        for (int round = 0; round < 5; ++round) {
          number.set(i * 100 + round);
          coir::yield();
          if (number.get() != i * 100 + round) return false;
        }
        return true;
      }));
    for (auto& each : tasks) EXPECT_TRUE(each.get());
    EXPECT_EQ(number.get(), 0);
  });
}

TEST_P(TaskLocalOnAny, AScopedSetPutsBackWhatWasThere) {
  in_run([] {
    number.set(1);
    {
      coir::scoped_set const outer(user, "outer");
      number.set(2);
      try {
        coir::scoped_set const inner(user, "inner");
        EXPECT_EQ(user.get(), "inner");
        coir::spawn([] { EXPECT_EQ(user.get(), "inner"); }).get();
        throw 1;
      } catch (int) {
      }
      EXPECT_EQ(user.get(), "outer");
    }
    EXPECT_EQ(user.get(), "nobody");
    EXPECT_EQ(number.get(), 2);  // what else was set meanwhile stays
  });
}

TEST_P(TaskLocalOn, AScopedSetEndsForItsTaskAlone) {
  in_run([] {
    coir::event ended;
    coir::task<std::string> child;
    {
      coir::scoped_set const here(user, "scoped");
      child = coir::spawn([&] {
        ended.wait();
        return user.get();
      });
    }
    ended.set();
    EXPECT_EQ(child.get(), "scoped");
  });
}

TEST_P(TaskLocalOnAny, ARunIsBornWithItsCallersValuesAndLeavesThemAlone) {
  std::thread([] {
    user.set("thread");
    in_run([] {
      EXPECT_EQ(user.get(), "thread");
      user.set("main");
    });
    EXPECT_EQ(user.get(), "thread");
    in_run([] { EXPECT_EQ(user.get(), "thread"); });
  }).join();
  EXPECT_EQ(user.get(), "nobody");
}

TEST_P(TaskLocalOnAny, ValuesAreFreedWithTheLastTaskThatSeesThem) {
  coir::task_local<std::shared_ptr<int>> shared;
  auto const value = std::make_shared<int>(1);
  in_run([&] {
    shared.set(value);
    EXPECT_EQ(value.use_count(), 2);
    auto child = coir::spawn([&] { return value.use_count(); });
    EXPECT_EQ(child.get(), 2);  // spawning has copied nothing
    shared.set(nullptr);
    EXPECT_EQ(value.use_count(), 2);  // the child's
    coir::scoped_set const here(shared, value);
  });
  EXPECT_EQ(value.use_count(), 1);
}

TEST_P(TaskLocalOnAny, ANewVariableDoesNotSeeTheValuesOfOneThatIsGone) {
  in_run([] {
    auto first = std::make_unique<coir::task_local<int>>(1);
    first->set(2);
    first.reset();
    coir::task_local<int> const second(3);
    EXPECT_EQ(second.get(), 3);
  });
}

TEST(TaskLocalDeathTest, AScopedSetThatEndsInAnotherTaskAborts) {
  EXPECT_DEATH(coir::run([] {
                 auto scoped = std::make_unique<coir::scoped_set<int>>(number, 1);
                 coir::spawn([&] { scoped.reset(); }).get();
               }),
               "scoped_set ended in another task");
}

}  // namespace
}  // namespace contract
