// SPDX-License-Identifier: BSL-1.0
/// process_pool: results, cancels, limits.

#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "pool/pools.hpp"

namespace {

using namespace pool_tests;
using namespace std::chrono_literals;
using contract::await_shared;

class ProcessPool : public with_pools {};

// ---- results -------------------------------------------------------------------------------------

TEST_F(ProcessPool, TaskReturnsItsResultFromAnotherProcess) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    EXPECT_EQ(pool.submit(add, 2, 3).get(), 5);
    EXPECT_EQ(pool.submit([](std::string const& text) { return text + "!"; }, "so").get(), "so!");
    EXPECT_NE(pool.submit(whose).get(), ::getpid());
  });
}

TEST_F(ProcessPool, WorkerRunsOneTaskAfterAnother) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    pid_t const first = pool.submit(whose).get();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(pool.submit(whose).get(), first);
  });
}

TEST_F(ProcessPool, FUT_13_MoreTasksThanWorkersAllRun) {
  with_pool({.workers = 2}, [](coir::process_pool& pool) {
    std::vector<coir::task<int>> tasks;
    for (int i = 0; i < 1000; ++i) tasks.push_back(pool.submit(add, i, 1));
    int sum = 0;
    for (auto& each : tasks) sum += each.get();
    EXPECT_EQ(sum, 1000 * 1001 / 2);
  });
}

TEST_F(ProcessPool, BigArgumentsAndResultsGoByAFile) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    std::string const big(500'000, 'x');
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(pool.submit([](std::string text) { return text + text; }, big).get().size(),
                1'000'000u);
  });
}

TEST_F(ProcessPool, ExceptionComesBackAndTheWorkerGoesOn) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    auto failing = pool.submit([] { throw std::out_of_range("what it says"); });
    EXPECT_THROW(failing.get(), std::out_of_range);
    EXPECT_EQ(pool.submit(add, 1, 1).get(), 2);
  });
}

TEST_F(ProcessPool, TaskKnowsItsNameAndItsNumber) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    auto task = pool.submit({.name = "named"}, [] {
      return std::pair(coir::this_task::name(), coir::this_task::id());
    });
    EXPECT_EQ(task.get().first, "named");
    EXPECT_EQ(task.get().second, task.id());
    EXPECT_EQ(task.name(), "named");
  });
}

// P1
TEST_F(ProcessPool, WhatCannotBeCarriedIsRefusedBeforeItStarts) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    int local = 0;
    EXPECT_THROW((void)pool.submit([&] { return local; }), std::invalid_argument);
    EXPECT_THROW((void)pool.submit([](int* p) { return *p; }, &local), std::invalid_argument);
    EXPECT_EQ(pool.submit(add, 1, 1).get(), 2);
  });
}

struct stubborn {
  int when = 0;  // 1: does not get into the archive, 2: not out of it, 3: dies there
};
void save(coir::output_archive& out, stubborn const& value) {
  if (value.when == 1) throw std::domain_error("not in");
  out(value.when);
}
stubborn load(coir::input_archive& in, std::type_identity<stubborn>) {
  stubborn made;
  in(made.when);
  if (made.when == 2) throw std::domain_error("not out");
  if (made.when == 3) ::_exit(9);
  return made;
}

TEST_F(ProcessPool, PPX_03_WhatCannotBePackedFailsItsTaskOnly) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    EXPECT_THROW((void)pool.submit([](stubborn) {}, stubborn{1}), std::domain_error);
    EXPECT_THROW(pool.submit([](stubborn) {}, stubborn{2}).get(), std::domain_error);
    for (int when = 1; when <= 2; ++when)
      EXPECT_THROW(pool.submit([](int how) { return stubborn{how}; }, when).get(),
                   std::domain_error);
    EXPECT_EQ(pool.submit(add, 1, 1).get(), 2);
  });
}

TEST_F(ProcessPool, PPX_02_DeathWhileUnpackingFailsTheTask) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    try {
      pool.submit([](stubborn) {}, stubborn{3}).get();
      ADD_FAILURE();
    } catch (coir::worker_died const& e) {
      EXPECT_EQ(e.exit_code(), 9);
    }
    EXPECT_EQ(pool.submit(add, 1, 1).get(), 2);
  });
}

TEST_F(ProcessPool, CallbackSeesTheResult) {
  int seen = 0;
  with_pool({.workers = 1}, [&](coir::process_pool& pool) {
    auto task = pool.submit(add, 2, 3);
    task.on_done([&] { seen = task.get(); });
    task.join();
  });
  EXPECT_EQ(seen, 5);
}

TEST_F(ProcessPool, WorksOnEveryModel) {
  for (auto const kind : {coir::model::serial, coir::model::fibers, coir::model::boost_fibers,
                          coir::model::threads, coir::model::processes}) {
    if (!coir::is_available(kind)) continue;
    if (COIR_TSAN && kind == coir::model::boost_fibers) continue;  // it does not see its switches
    coir::run({.model = kind}, [] {
      coir::process_pool pool({.workers = 2});
      auto one = pool.submit(add, 1, 2);
      auto other = pool.submit(add, 3, 4);
      EXPECT_EQ(one.get() + other.get(), 10);
    });
  }
}

TEST_F(ProcessPool, WorksOutsideOfARun) {
  coir::process_pool pool({.workers = 1});
  EXPECT_EQ(pool.submit(add, 1, 2).get(), 3);
}

TEST_F(ProcessPool, WorksInsideAProcessAndInsideAWorker) {
  constexpr auto in_a_pool = [] {
    coir::process_pool pool({.workers = 1});
    return pool.submit(add, 1, 2).get();
  };
  with_pool({.workers = 1}, [&](coir::process_pool& pool) {
    EXPECT_EQ(pool.submit(in_a_pool).get(), 3);
    EXPECT_EQ(pool.submit(in_a_pool).get(), 3);
    EXPECT_EQ(pool.submit([] { return coir::spawn(add, 1, 2).get(); }).get(), 3);
  });
  EXPECT_EQ(in_run([&] { return coir::spawn(in_a_pool).get(); }), 3);
}

TEST_F(ProcessPool, TasksGoWhereverTasksGo) {
  with_pool({.workers = 2}, [](coir::process_pool& pool) {
    auto one = pool.submit(add, 1, 2);
    auto other = pool.submit(add, 3, 4);
    auto const [first, second] = coir::gather(one, other);
    EXPECT_EQ(first + second, 10);

    auto slow = pool.submit(sleep_long);
    await_shared(0);
    auto waiter = coir::spawn([&] { slow.join(); });
    coir::yield();
    EXPECT_NE(coir::dump_tasks().find("task::join"), std::string::npos);
    EXPECT_FALSE(slow.join_for(1ms));
    waiter.cancel();
    waiter.join();
    EXPECT_FALSE(slow.done());  // C8
  });
}

// G4: a gather borrows handles, and what it waits with takes tasks of both kinds
TEST_F(ProcessPool, GatherWaitAndAsCompletedTakeItsTasks) {
  with_pool({.workers = 2}, [](coir::process_pool& pool) {
    std::vector<coir::task<int>> tasks;
    for (int i = 0; i < 3; ++i) tasks.push_back(pool.submit(add, i, i));
    tasks.push_back(coir::spawn(add, 3, 3));
    EXPECT_EQ(coir::gather(tasks), (std::vector{0, 2, 4, 6}));

    tasks.clear();
    tasks.push_back(pool.submit([] { return static_cast<int>(sleep_long()); }));
    await_shared(0);
    tasks.push_back(pool.submit([]() -> int { throw std::out_of_range("it failed"); }));
    EXPECT_THROW(coir::gather(tasks), std::out_of_range);
    EXPECT_FALSE(tasks[0].done());
    auto const [failed, others] = coir::wait(tasks, coir::return_when::first_exception);
    EXPECT_EQ(failed.size(), 1u);
    EXPECT_EQ(others.size(), 1u);
    try {
      for (auto const& each : coir::as_completed(tasks, 1ms)) EXPECT_EQ(each.index, 1u);
      ADD_FAILURE();
    } catch (coir::timeout_error const&) {
      EXPECT_FALSE(tasks[0].done());
    }
    tasks[0].cancel();
    EXPECT_EQ(coir::wait(tasks).done.size(), 2u);
    EXPECT_TRUE(tasks[0].cancelled());
    EXPECT_EQ(shared(1), 1u);
  });
}

TEST_F(ProcessPool, DumpSaysWhereItsTasksAre) {
  with_pool({.workers = 1, .name = "mill"}, [](coir::process_pool& pool) {
    EXPECT_EQ(coir::dump_tasks().find("mill"), std::string::npos);
    auto runs = pool.submit({.name = "first"}, wait_for_go);
    await_shared(2);
    std::vector<coir::task<int>> wait;
    for (int i = 0; i < 22; ++i) wait.push_back(pool.submit({.name = "next"}, add, i, i));
    std::string const dump = coir::dump_tasks();
    EXPECT_NE(dump.find("process_pool mill: 1 of 1 workers\n- first #"), std::string::npos) << dump;
    EXPECT_NE(dump.find(" runs in process " + std::to_string(shared(2)) + "\n"), std::string::npos);
    EXPECT_NE(dump.find("- next #"), std::string::npos);
    EXPECT_NE(dump.find("- 2 more wait for a worker\n"), std::string::npos);
    shared(3) = 1;
    for (auto& each : wait) each.join();
    EXPECT_EQ(coir::dump_tasks().find("mill"), std::string::npos);
  });
}

// S5: time does not jump while a worker is at it
TEST_F(ProcessPool, VirtualTimeStandsStillMeanwhile) {
  coir::virtual_clock clock;
  coir::run({.clock = &clock}, [&] {
    coir::process_pool pool({.workers = 1});
    auto const start = coir::now();
    auto task = pool.submit(wait_for_go);
    auto late = coir::spawn([] { coir::sleep_for(1h); });
    await_shared(2);
    shared(3) = 1;
    task.join();
    EXPECT_EQ(coir::now(), start);
    late.cancel();
  });
}

// ---- cancels and limits --------------------------------------------------------------------------

// C2, P2
TEST_F(ProcessPool, PPX_09_CancelThrowsInTheWorkerWhichGoesOn) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    auto task = pool.submit(sleep_long);
    pid_t const worker = await_process(0);
    EXPECT_TRUE(task.cancel("enough"));
    try {
      task.get();
      ADD_FAILURE();
    } catch (coir::cancelled const& e) {
      EXPECT_EQ(e.reason().text(), "enough");
    }
    EXPECT_TRUE(task.cancelled());
    EXPECT_EQ(shared(1), 1u);
    EXPECT_EQ(pool.submit(whose).get(), worker);
  });
}

// C7
TEST_F(ProcessPool, FUT_11_CancelledInTheQueueItNeverBegins) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    auto first = pool.submit(wait_for_go);
    auto queued = pool.submit([] { ++shared(4); });
    auto behind = pool.submit(add, 1, 1);
    await_shared(2);
    queued.cancel();
    queued.join();
    EXPECT_TRUE(queued.cancelled());
    EXPECT_FALSE(first.done());
    shared(3) = 1;
    EXPECT_EQ(behind.get(), 2);
    EXPECT_EQ(shared(4), 0u);
  });
}

// T1, T4
TEST_F(ProcessPool, TimeoutEndsARunningTask) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    auto task = pool.submit(sleep_long);
    await_shared(0);
    EXPECT_THROW(coir::timeout(1ms, task), coir::timeout_error);
    EXPECT_EQ(shared(1), 1u);
  });
}

// P2
TEST_F(ProcessPool, BusyLoopIsEndedAfterTheGracePeriodAndItsWorkerReplaced) {
  with_pool({.workers = 1, .grace = 20ms}, [](coir::process_pool& pool) {
    auto task = pool.submit(spin);
    pid_t const worker = await_process(0);
    task.cancel("enough");
    try {
      task.get();
      ADD_FAILURE();
    } catch (coir::cancelled const& e) {
      EXPECT_EQ(e.reason().text(), "enough");
    }
    EXPECT_NE(pool.submit(whose).get(), worker);
  });
}

TEST_F(ProcessPool, LimitEndsATaskWithATimeoutError) {
  with_pool({.workers = 1, .grace = 20ms}, [](coir::process_pool& pool) {
    EXPECT_THROW(pool.submit({.limit = 1ms}, sleep_long).get(), coir::timeout_error);
    try {
      pool.submit({.name = "spinner", .limit = 1ms}, spin).get();
      ADD_FAILURE();
    } catch (coir::timeout_error const& e) {
      EXPECT_NE(std::string(e.what()).find("spinner"), std::string::npos) << e.what();
    }
    EXPECT_EQ(pool.submit({.limit = 1h}, add, 1, 1).get(), 2);
  });
}

TEST_F(ProcessPool, LimitCountsFromWhenAWorkerGetsTheTask) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    auto first = pool.submit(wait_for_go);
    auto second = pool.submit({.limit = 1h}, add, 1, 1);
    auto third = pool.submit({.limit = 1ms}, sleep_long);
    await_shared(2);
    shared(3) = 1;
    EXPECT_EQ(second.get(), 2);
    EXPECT_THROW(third.get(), coir::timeout_error);
  });
}

TEST_F(ProcessPool, DroppedHandleCancelsAndJoins) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    {
      auto task = pool.submit(sleep_long);
      await_shared(0);
    }
    EXPECT_EQ(shared(1), 1u);
  });
}

}  // namespace
