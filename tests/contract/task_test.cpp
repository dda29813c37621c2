// SPDX-License-Identifier: BSL-1.0
/// Tasks and runs on every model: who owns, who is told, what comes back.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class TaskOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, TaskOnAny, all_models, model_name);

class TaskOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, TaskOn, concurrent_models, model_name);

// G3
TEST_P(TaskOnAny, ARunReturnsWhatItsMainReturns) {
  EXPECT_EQ(in_run([] { return 42; }), 42);
  EXPECT_EQ(*in_run([] { return std::make_unique<int>(1); }), 1);
  int number = 0;
  EXPECT_EQ(&in_run([&]() -> int& { return number; }), &number);
  EXPECT_EQ(coir::run(
                {.model = GetParam()}, [](int a, std::string b) { return b + std::to_string(a); },
                1, "a"),
            "a1");
}

// G3
TEST_P(TaskOnAny, ARunThrowsWhatItsMainThrows) {
  EXPECT_THROW(in_run([] { throw std::out_of_range("mine"); }), std::out_of_range);
}

// G3
TEST_P(TaskOnAny, GetGivesTheResultToEverybodyWhoAsks) {
  in_run([] {
    auto task = coir::spawn([] { return std::string("result"); });
    EXPECT_EQ(task.get(), "result");
    EXPECT_EQ(task.get(), "result");
    static_assert(std::is_same_v<decltype(task.get()), std::string const&>);
    static_assert(std::is_same_v<decltype(std::move(task).get()), std::string>);
    EXPECT_EQ(std::move(task).get(), "result");
    EXPECT_THROW(task.get(), std::logic_error);  // it was moved out
  });
}

// G3
TEST_P(TaskOnAny, ResultsMayBeReferencesOrNothingOrOnlyMovable) {
  in_run([] {
    int number = 0;
    auto reference = coir::spawn([&]() -> int& { return number; });
    EXPECT_EQ(&reference.get(), &number);
    EXPECT_EQ(&std::move(reference).get(), &number);
    auto nothing = coir::spawn([] {});
    nothing.get();
    static_assert(std::is_void_v<decltype(nothing.get())>);
    auto movable = coir::spawn([] { return std::make_unique<int>(3); });
    EXPECT_EQ(*movable.get(), 3);
    EXPECT_EQ(*std::move(movable).get(), 3);
  });
}

// G3: arguments are kept by value, as std::thread does
TEST_P(TaskOnAny, ArgumentsAreMovedIntoTheTask) {
  in_run([] {
    int number = 1;
    auto task = coir::spawn([](std::unique_ptr<int> a, int& b) { return *a + ++b; },
                            std::make_unique<int>(5), std::ref(number));
    EXPECT_EQ(task.get(), 7);
    EXPECT_EQ(number, 2);
  });
}

// G3
TEST_P(TaskOnAny, AnExceptionGoesToEverybodyWhoAsks) {
  unhandled_log log;
  in_run([] {
    auto task = coir::spawn([] { throw std::out_of_range("mine"); });
    task.join();
    EXPECT_TRUE(task.done());
    EXPECT_FALSE(task.cancelled());
    EXPECT_THROW(task.get(), std::out_of_range);
    EXPECT_THROW(task.get(), std::out_of_range);
    ASSERT_NE(task.exception(), nullptr);
    EXPECT_EQ(what_of(task.exception()), "mine");
  });
  EXPECT_TRUE(log.entries().empty());
}

// G3
TEST_P(TaskOnAny, AskingForTheExceptionCountsAsBeingTold) {
  unhandled_log log;
  in_run([] {
    auto task = coir::spawn([] { throw std::out_of_range("mine"); });
    task.join();
    EXPECT_NE(task.exception(), nullptr);
    auto good = coir::spawn([] {});
    good.join();
    EXPECT_EQ(good.exception(), nullptr);
  });
  EXPECT_TRUE(log.entries().empty());
}

// G3
TEST_P(TaskOnAny, AnExceptionThatNobodyAskedForGoesToTheHandlerOnce) {
  unhandled_log log;
  in_run([] {
    auto task = coir::spawn({.name = "loser"}, [] { throw std::out_of_range("mine"); });
    task.join();
  });
  EXPECT_EQ(log.entries(), std::vector<std::string>{"loser: mine"});
}

// G1, G3
TEST_P(TaskOnAny, AnExceptionOfADetachedTaskGoesToTheHandlerOnce) {
  unhandled_log log;
  in_run([] {
    coir::event ended;
    auto task = coir::spawn({.name = "loner"}, [] { throw std::out_of_range("mine"); });
    task.on_done([&] { ended.set(); });
    task.detach();
    EXPECT_FALSE(task.valid());
    ended.wait();
  });
  EXPECT_EQ(log.entries(), std::vector<std::string>{"loner: mine"});
}

// G1
TEST_P(TaskOn, DroppingAHandleCancelsItsTaskAndWaitsForItsEnd) {
  in_run([] {
    bool cleaned = false;
    {
      auto task = coir::spawn([&] {
        try {
          coir::event().wait();
        } catch (coir::cancelled const&) {
          coir::shield([&] {
            coir::sleep_for(1ms);
            cleaned = true;
          });
          throw;
        }
      });
      await_parked(task);
    }
    EXPECT_TRUE(cleaned);
  });
}

// G1
TEST_P(TaskOn, AssigningToAHandleEndsTheTaskItHad) {
  in_run([] {
    bool cancelled = false;
    auto task = coir::spawn([&] {
      try {
        coir::event().wait();
      } catch (coir::cancelled const&) {
        cancelled = true;
        throw;
      }
    });
    await_parked(task);
    task = coir::spawn([] {});
    EXPECT_TRUE(cancelled);
    task.get();
  });
}

// G1
TEST_P(TaskOn, ARunCancelsAndJoinsWhatIsLeft) {
  std::atomic<int> ended = 0;
  in_run([&] {
    for (int i = 0; i < 3; ++i) {
      auto task = coir::spawn([&] {
        try {
          coir::event().wait();
        } catch (coir::cancelled const&) {
          ++ended;
          throw;
        }
      });
      await_parked(task);
      task.detach();
    }
  });
  EXPECT_EQ(ended, 3);
}

// G1, G3: failures of what is left are told
TEST_P(TaskOn, ARunReportsTheErrorsOfWhatIsLeft) {
  unhandled_log log;
  in_run([] {
    auto task = coir::spawn({.name = "left"}, [] {
      try {
        coir::event().wait();
      } catch (coir::cancelled const&) {
        throw std::runtime_error("on the way out");
      }
    });
    await_parked(task);
    task.detach();
  });
  EXPECT_EQ(log.entries(), std::vector<std::string>{"left: on the way out"});
}

// G1
TEST_P(TaskOn, JoiningOneselfIsALogicError) {
  in_run([] {
    coir::task<> self;
    coir::event given;
    self = coir::spawn([&] {
      given.wait();
      EXPECT_THROW(self.join(), std::logic_error);
      EXPECT_THROW((void)self.join_for(0s), std::logic_error);
    });
    given.set();
    self.get();
  });
}

// G1
TEST_P(TaskOn, ATaskThatDropsItsOwnHandleIsDetached) {
  in_run([] {
    auto handle = std::make_unique<coir::task<>>();
    coir::event given;
    coir::event went_on;
    *handle = coir::spawn([&] {
      given.wait();
      handle.reset();
      coir::yield();  // not cancelled
      went_on.set();
    });
    given.set();
    went_on.wait();
    EXPECT_EQ(handle, nullptr);
  });
}

// G1
TEST_P(TaskOnAny, AnEmptyHandleIsALogicError) {
  in_run([] {
    coir::task<int> empty;
    EXPECT_FALSE(empty.valid());
    EXPECT_THROW(empty.join(), std::logic_error);
    EXPECT_THROW(empty.get(), std::logic_error);
    EXPECT_THROW(empty.cancel(), std::logic_error);
    auto task = coir::spawn([] { return 1; });
    auto taken = std::move(task);
    EXPECT_FALSE(task.valid());
    EXPECT_EQ(taken.get(), 1);
  });
}

// G1: names
TEST_P(TaskOnAny, TasksHaveNamesAndNumbers) {
  in_run([] {
    EXPECT_EQ(coir::this_task::name(), "main");
    auto named = coir::spawn({.name = "worker"}, [] { return coir::this_task::name(); });
    EXPECT_EQ(named.name(), "worker");
    EXPECT_EQ(named.get(), "worker");
    named.set_name("other");
    EXPECT_EQ(named.name(), "other");
    auto plain = coir::spawn([] { return coir::this_task::id(); });
    EXPECT_EQ(plain.get(), plain.id());
    EXPECT_EQ(plain.name(), "task-" + std::to_string(plain.id()));
    EXPECT_NE(plain.id(), named.id());
    EXPECT_EQ(coir::current_model(), GetParam());
  });
}

// G6
TEST(TaskOnFibers, ARunInsideAFiberIsALogicError) {
  coir::run([] { EXPECT_THROW(coir::run([] {}), std::logic_error); });
}

// G6
TEST(TaskOnSerial, ARunInsideASerialTaskIsALogicError) {
  coir::run({.model = coir::model::serial},
            [] { EXPECT_THROW(coir::run([] {}), std::logic_error); });
}

// G6
TEST(TaskOnThreads, ARunInsideAThreadTaskIsAllowed) {
  coir::run({.model = coir::model::threads}, [] {
    int const inner = coir::run([] {
      EXPECT_EQ(coir::current_model(), coir::model::fibers);
      return coir::spawn([] { return 5; }).get();
    });
    EXPECT_EQ(inner, 5);
    EXPECT_EQ(coir::current_model(), coir::model::threads);
  });
}

// G6
TEST(TaskOnThreads, TheCancelOfAThreadTaskCancelsTheRunInsideIt) {
  coir::run({.model = coir::model::threads}, [] {
    coir::event inside;
    bool cancelled = false;
    auto task = coir::spawn([&] {
      coir::run([&] {
        inside.set();
        try {
          coir::event().wait();
        } catch (coir::cancelled const&) {
          cancelled = true;
          throw;
        }
      });
    });
    inside.wait();
    task.cancel();
    EXPECT_THROW(task.get(), coir::cancelled);
    EXPECT_TRUE(cancelled);
  });
}

// G1
TEST(Task, SpawningOutsideOfARunIsALogicError) {
  EXPECT_THROW((void)coir::spawn([] {}), std::logic_error);
  EXPECT_THROW((void)coir::current_model(), std::logic_error);
}

// What this version cannot serve is refused before anything starts.
TEST(Task, OptionsThatCannotBeServedAreAnInvalidArgument) {
  coir::virtual_clock clock;
  auto const unreached = [] { ADD_FAILURE(); };
  EXPECT_THROW(coir::run({.model = coir::model::boost_fibers, .clock = &clock}, unreached),
               std::invalid_argument);
  for (auto const model : {coir::model::boost_fibers, coir::model::processes}) {
    if (coir::is_available(model)) continue;
    EXPECT_THROW(coir::run({.model = model}, unreached), std::invalid_argument);
  }
  EXPECT_THROW(coir::run({.workers = 2}, unreached), std::invalid_argument);
  EXPECT_THROW(coir::run({.model = coir::model::threads, .clock = &clock}, unreached),
               std::invalid_argument);
}

// G1: runs follow each other
TEST_P(TaskOnAny, RunsFollowEachOther) {
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(in_run([&] { return coir::spawn([&] { return i; }).get(); }), i);
}

// G1
TEST_P(TaskOn, AllOfManyTasksReturn) {
  in_run([] {
    int const count = GetParam() == coir::model::fibers ? 1000 : 50;
    std::vector<coir::task<int>> tasks;
    for (int i = 0; i < count; ++i)
      tasks.push_back(coir::spawn([i] {
        coir::yield();
        return i;
      }));
    for (int i = 0; i < count; ++i) EXPECT_EQ(tasks[static_cast<std::size_t>(i)].get(), i);
  });
}

}  // namespace
}  // namespace contract
