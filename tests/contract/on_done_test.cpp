// SPDX-License-Identifier: BSL-1.0
/// Callbacks at the end of a task: when, in which order, and what they may do.

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class OnDoneOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, OnDoneOnAny, all_models, model_name);

class OnDoneOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, OnDoneOn, concurrent_models, model_name);

// G4
TEST_P(OnDoneOn, CXL_23_CallbacksRunInOrderOfRegistrationBeforeTheWaitersGoOn) {
  in_run([] {
    coir::event end;
    std::vector<int> order;
    auto task = coir::spawn([&] { end.wait(); });
    for (int i = 0; i < 3; ++i) task.on_done([&, i] { order.push_back(i); });
    auto waiter = coir::spawn([&] {
      task.join();
      order.push_back(10);
    });
    await_parked(waiter);
    await_parked(task);
    EXPECT_TRUE(order.empty());
    end.set();
    waiter.get();
    EXPECT_EQ(order, (std::vector{0, 1, 2, 10}));
  });
}

// G4: to a callback the task is done, and its result there
TEST_P(OnDoneOn, ACallbackSeesTheTaskDoneAndCanHaveItsResult) {
  in_run([] {
    coir::event end;
    std::string seen;
    auto task = coir::spawn([&] {
      end.wait();
      return std::string("result");
    });
    task.on_done([&] {
      if (task.done() && !task.cancelled() && task.exception() == nullptr) seen = task.get();
    });
    end.set();
    task.join();
    EXPECT_EQ(seen, "result");
  });
}

// G4: on a task that has ended a callback runs at once
TEST_P(OnDoneOnAny, OnATaskThatHasEndedACallbackRunsAtOnce) {
  in_run([] {
    bool called = false;
    auto task = coir::spawn([] {});
    task.join();
    task.on_done([&] { called = true; });
    EXPECT_TRUE(called);
  });
}

// G3
TEST_P(OnDoneOn, CXL_23_WhatACallbackThrowsGoesToTheHandlerAndTheOthersRun) {
  unhandled_log log;
  in_run([] {
    coir::event end;
    bool second = false;
    auto task = coir::spawn({.name = "called"}, [&] { end.wait(); });
    task.on_done([] { throw std::runtime_error("from a callback"); });
    task.on_done([&] { second = true; });
    end.set();
    task.get();
    EXPECT_TRUE(second);
  });
  EXPECT_EQ(log.entries(), std::vector<std::string>{"called: from a callback"});
}

// G3: also when the task had ended before
TEST_P(OnDoneOnAny, CXL_23_WhatALateCallbackThrowsGoesToTheHandlerToo) {
  unhandled_log log;
  in_run([] {
    auto task = coir::spawn({.name = "ended"}, [] {});
    task.join();
    EXPECT_NO_THROW(task.on_done([] { throw std::runtime_error("late"); }));
  });
  EXPECT_EQ(log.entries(), std::vector<std::string>{"ended: late"});
}

// G4: callbacks that register callbacks
TEST_P(OnDoneOn, CXL_22_ACallbackThatIsAddedByACallbackRunsOnce) {
  in_run([] {
    coir::event end;
    std::vector<int> order;
    coir::task<> task = coir::spawn([&] { end.wait(); });
    task.on_done([&] {
      order.push_back(1);
      task.on_done([&] {
        order.push_back(3);
        task.on_done([&] { order.push_back(4); });
      });
    });
    task.on_done([&] { order.push_back(2); });
    end.set();
    task.join();
    EXPECT_EQ(order, (std::vector{1, 2, 3, 4}));
  });
}

// G1: a callback that drops the handle of the task that it is called for
TEST_P(OnDoneOn, CXL_22_ACallbackMayDropTheLastHandleOfItsTask) {
  in_run([] {
    coir::event end;
    coir::event dropped;
    auto handle = std::make_unique<coir::task<>>(coir::spawn([&] { end.wait(); }));
    bool after = false;
    handle->on_done([&] { handle.reset(); });
    handle->on_done([&] {
      after = true;
      dropped.set();
    });
    end.set();
    dropped.wait();
    EXPECT_TRUE(after);
    EXPECT_EQ(handle, nullptr);
  });
}

// G1, G6: what a callback may not do is refused, and the refusal is told
TEST(OnDoneOnFibers, ACallbackMayJoinItsTaskAndNotBeginARun) {
  unhandled_log log;
  coir::run([] {
    coir::event end;
    coir::task<> task = coir::spawn({.name = "called"}, [&] { end.wait(); });
    task.on_done([&] { task.join(); });
    task.on_done([] { coir::run([] {}); });
    end.set();
    task.join();
  });
  ASSERT_EQ(log.entries().size(), 1u);
  EXPECT_NE(log.entries()[0].find("run()"), std::string::npos) << log.entries()[0];
}

// G6: inside a threads task a run is allowed, in a callback too
TEST(OnDoneOnThreads, ACallbackMayBeginARun) {
  coir::run({.model = coir::model::threads}, [] {
    coir::event end;
    int inner = 0;
    auto task = coir::spawn([&] { end.wait(); });
    task.on_done([&] { inner = coir::run([] { return 3; }); });
    end.set();
    task.join();
    EXPECT_EQ(inner, 3);
  });
}

}  // namespace
}  // namespace contract
