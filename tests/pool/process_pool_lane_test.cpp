// SPDX-License-Identifier: BSL-1.0
/// process_pool: answers that reach who waits for them without the hub, and workers that die at each step.

#include <string>
#include <thread>

#include <fcntl.h>

#include <coir/testing/wait_all_blocked.hpp>

#include "model/answer_lane.hpp"
#include "model/worker_steps.hpp"
#include "pool/pools.hpp"

namespace {

using namespace pool_tests;
using namespace std::chrono_literals;
using coir::detail::outcome;
using coir::detail::worker_step;
using contract::await_shared;
namespace lane_word = coir::detail::lane_word;

// ---- the lane ------------------------------------------------------------------------------------

/// Both ends of one, in one process.
struct AnswerLane : testing::Test {
  bool answer(std::size_t size) {
    std::string const text(size, 'x');
    return there.leave_answer(outcome::finished, std::as_bytes(std::span(text)), -1);
  }
  coir::detail::answer_lane here;
  coir::detail::answer_lane there{
      coir::detail::descriptor(::fcntl(here.file(), F_DUPFD_CLOEXEC, 0))};
  coir::detail::task_core thread{coir::detail::task_kind::thread};
  std::uint32_t const call = here.begin_call(/*by_hub=*/false);
};

TEST_F(AnswerLane, TakesAnAnswerOnlyWhileSomebodyWaitsThere) {
  EXPECT_FALSE(answer(3));
  EXPECT_EQ(here.await(call, thread), 0u) << "it was sent: nobody can wait for it here";
  auto const next = here.begin_call(false);
  if (!coir::detail::can_wait_for_either()) GTEST_SKIP() << "threads cannot wait there";
  EXPECT_EQ(here.await(next, thread), lane_word::thread);
  EXPECT_TRUE(answer(3));
  EXPECT_TRUE(here.is_answered());
  EXPECT_EQ(here.answer().size(), 3u);
  EXPECT_FALSE(here.close()) << "an answer that lies there stays";
  EXPECT_TRUE(here.leave(next, lane_word::thread));
}

TEST_F(AnswerLane, ClosedOneTakesNone) {
  (void)here.await(call, thread);
  EXPECT_TRUE(here.close());
  EXPECT_EQ(here.await(call, thread), 0u);
  EXPECT_FALSE(answer(3));
  EXPECT_FALSE(here.is_answered());
}

TEST_F(AnswerLane, WhoHasLeftGetsNone) {
  auto const waited = here.await(call, thread);
  EXPECT_FALSE(here.leave(call, waited));
  EXPECT_FALSE(answer(3));
}

TEST_F(AnswerLane, TooBigAnAnswerIsSent) {
  (void)here.await(call, thread);
  EXPECT_FALSE(answer(5000));
  EXPECT_TRUE(here.close());
}

TEST_F(AnswerLane, WhoWaitedForTheLastCallDoesNotDisturbTheNext) {
  if (!coir::detail::can_wait_for_either()) GTEST_SKIP() << "threads cannot wait there";
  auto const waited = here.await(call, thread);
  auto const next = here.begin_call(false);
  EXPECT_EQ(here.await(call, thread), 0u);
  ASSERT_EQ(here.await(next, thread), lane_word::thread);
  EXPECT_FALSE(here.leave(call, waited));
  here.word() |= lane_word::asleep;  // as one does that comes late
  EXPECT_TRUE(answer(3));
}

TEST_F(AnswerLane, SaysWhetherACallHasBegun) {
  EXPECT_FALSE(here.has_begun());
  there.note_begun();
  EXPECT_TRUE(here.has_begun());
  EXPECT_FALSE(answer(3));
  EXPECT_TRUE(here.has_begun());
  (void)here.begin_call(false);
  EXPECT_FALSE(here.has_begun());
}

// ---- who waits there -----------------------------------------------------------------------------

class ProcessPoolLane : public with_pools {
 protected:
  template <class F>
  static void with_pool_on(coir::model kind, F&& f) {
    coir::run({.model = kind}, [&] {
      coir::process_pool pool({.workers = 1});
      f(pool);
    });
  }
};

/// Returns once the worker has said that it is at its job, and has nothing to do any more. Meanwhile no
/// other fiber runs.
void await_answered(std::size_t said) {
  while (shared(said) == 0) ::sched_yield();
  auto const worker = static_cast<pid_t>(shared(said));
  std::string stat;
  do {
    std::getline(std::ifstream("/proc/" + std::to_string(worker) + "/stat"), stat);
  } while (stat.find(") S ") == std::string::npos);
}

pid_t say_who() {
  shared(0) = static_cast<std::uint32_t>(::getpid());
  return ::getpid();
}

// What has a callback ends on the thread that calls it.
TEST_F(ProcessPoolLane, WhoWaitsEndsTheTaskHimself) {
  if (!coir::detail::can_wait_for_either()) GTEST_SKIP() << "threads cannot wait there";
  auto const here = std::this_thread::get_id();
  for (auto const kind : {coir::model::fibers, coir::model::threads}) {
    with_pool_on(kind, [&](coir::process_pool& pool) {
      auto task = pool.submit(wait_for_go);
      std::thread::id ended_on;
      task.on_done([&] { ended_on = std::this_thread::get_id(); });
      auto other = coir::spawn([] {
        coir::testing::wait_all_blocked();
        await_shared(2);
        shared(3) = 1;
      });
      task.get();
      EXPECT_EQ(ended_on, here) << coir::to_string(kind);
      shared(2) = shared(3) = 0;
      other.join();
    });
  }
}

TEST_F(ProcessPoolLane, TaskOfAnotherRunComesByTheHub) {
  coir::process_pool pool({.workers = 1});
  auto task = pool.submit(add, 1, 2);
  coir::run([&] { EXPECT_EQ(task.get(), 3); });
  coir::run([&] { EXPECT_EQ(pool.submit(add, 1, 3).get(), 4); });
  coir::run([&] { EXPECT_EQ(pool.submit(add, 1, 4).get(), 5); });
  EXPECT_EQ(pool.submit(add, 1, 5).get(), 6);
}

TEST_F(ProcessPoolLane, WhoGivesUpWaitingCanWaitAgain) {
  for (auto const kind : {coir::model::fibers, coir::model::threads}) {
    with_pool_on(kind, [&](coir::process_pool& pool) {
      auto task = pool.submit(wait_for_go);
      EXPECT_FALSE(task.join_for(1ms));
      EXPECT_THROW(coir::timeout(1ms, [&] { task.join(); }), coir::timeout_error);
      shared(3) = 1;
      task.get();
      shared(2) = shared(3) = 0;
    });
  }
}

TEST_F(ProcessPoolLane, SecondWhoWaitsGoesOnToo) {
  with_pool_on(coir::model::threads, [](coir::process_pool& pool) {
    auto task = pool.submit(wait_for_go);
    auto second = coir::spawn([&] { task.join(); });
    await_shared(2);
    shared(3) = 1;
    task.join();
    second.get();
  });
}

// The one who waits for it is not on his way: his worker is at something else.
TEST_F(ProcessPoolLane, AnswerThatLiesDoesNotKeepAWorkerFromOthers) {
  with_pool_on(coir::model::fibers, [](coir::process_pool& pool) {
    auto first = pool.submit(say_who);
    auto waits = coir::spawn([&] { return first.get(); });
    coir::yield();
    await_answered(0);
    auto second = pool.submit([] { ++shared(4); });
    auto const limit = std::chrono::steady_clock::now() + 20s;
    while (shared(4) == 0 && std::chrono::steady_clock::now() < limit) ::sched_yield();
    EXPECT_EQ(shared(4), 1u) << "while no other fiber could run";
    EXPECT_EQ(waits.get(), static_cast<pid_t>(shared(0)));
    second.get();
  });
}

// C4
TEST_F(ProcessPoolLane, CancelThatComesAfterTheAnswerIsTooLate) {
  with_pool_on(coir::model::fibers, [](coir::process_pool& pool) {
    auto task = pool.submit(say_who);
    auto waits = coir::spawn([&] { task.join(); });
    coir::yield();
    await_answered(0);
    task.cancel();
    waits.get();
    EXPECT_EQ(task.get(), static_cast<pid_t>(shared(0)));
  });
}

TEST_F(ProcessPoolLane, BigAnswersAndErrorsComeToo) {
  for (auto const kind : {coir::model::fibers, coir::model::threads}) {
    with_pool_on(kind, [](coir::process_pool& pool) {
      for (std::size_t const size : {0u, 10u, 4000u, 4095u, 5000u, 200'000u})
        EXPECT_EQ(pool.submit([](std::size_t n) { return std::string(n, 'y'); }, size).get(),
                  std::string(size, 'y'));
      EXPECT_THROW(pool.submit([] { throw std::out_of_range("far"); }).get(), std::out_of_range);
    });
  }
}

// ---- deaths --------------------------------------------------------------------------------------

worker_step dies_at;

/// By a worker: it is killed once it comes to the step, with its next task.
void die_at(int step) {
  dies_at = static_cast<worker_step>(step);
  coir::detail::worker_step_hook = [](worker_step at) {
    static bool is_next = false;
    if (at == worker_step::call_taken) is_next = true;
    if (is_next && at == dies_at) ::kill(::getpid(), SIGKILL);
  };
}

// P3, P4
TEST_F(ProcessPoolLane, WorkerThatDiesAtAnyStepFailsItsTaskOrHasAnswered) {
  for (auto const kind : {coir::model::fibers, coir::model::threads, coir::model::serial}) {
    for (int step = 0; step < static_cast<int>(worker_step::count); ++step) {
      SCOPED_TRACE(std::string(coir::to_string(kind)) + ", step " + std::to_string(step));
      with_pool_on(kind, [&](coir::process_pool& pool) {
        pool.submit(die_at, step).get();
        shared(4) = 0;
        auto task = pool.submit([] { return ++shared(4); });
        try {
          EXPECT_EQ(task.get(), 1u);
          EXPECT_NE(step, static_cast<int>(worker_step::call_begun));
          EXPECT_NE(step, static_cast<int>(worker_step::call_made));
        } catch (coir::worker_died const& e) {
          EXPECT_NE(step, static_cast<int>(worker_step::call_taken)) << "it had not begun";
          EXPECT_NE(step, static_cast<int>(worker_step::answered));
          EXPECT_EQ(shared(4), step == static_cast<int>(worker_step::call_begun) ? 0u : 1u);
        }
        EXPECT_EQ(pool.submit(add, 1, 1).get(), 2);
      });
    }
  }
}

}  // namespace
