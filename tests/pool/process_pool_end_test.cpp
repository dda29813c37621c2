// SPDX-License-Identifier: BSL-1.0
/// process_pool: workers that die, and the pool's own end.

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include <sched.h>
#include <sys/wait.h>

#include "contract/descriptors.hpp"
#include "contract/sigint.hpp"
#include "pool/pools.hpp"
#include "sys/message.hpp"

namespace {

using namespace pool_tests;
using namespace std::chrono_literals;
using contract::await_shared;
using contract::end_by;
using contract::open_descriptors;

class ProcessPoolEnd : public with_pools {};

// ---- deaths --------------------------------------------------------------------------------------

// P3
TEST_F(ProcessPoolEnd, MPX_07_KilledWorkerFailsItsTaskOnly) {
  with_pool({.workers = 2}, [](coir::process_pool& pool) {
    auto victim = pool.submit(sleep_long);
    auto other = pool.submit(wait_for_go);
    auto queued = pool.submit(add, 1, 1);
    auto const worker = await_process(0);
    await_shared(2);
    ::kill(worker, SIGKILL);
    try {
      victim.get();
      ADD_FAILURE();
    } catch (coir::worker_died const& e) {
      EXPECT_EQ(e.signal(), SIGKILL);
      EXPECT_EQ(e.process(), worker);
    }
    EXPECT_EQ(queued.get(), 2);  // while the other is still at work
    EXPECT_FALSE(other.done());
    shared(3) = 1;
    other.get();
  });
}

TEST_F(ProcessPoolEnd, EveryWayToDieIsTold) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    for (int const signal : {0, SIGKILL, SIGABRT, SIGSEGV}) {
      try {
        pool.submit(
                [](int which) {
                  if (which == 0) ::_exit(3);
                  ::signal(which, SIG_DFL);
                  ::raise(which);
                },
                signal)
            .get();
        ADD_FAILURE() << signal;
      } catch (coir::worker_died const& e) {
        EXPECT_EQ(e.signal(), signal);
        EXPECT_EQ(e.exit_code(), signal == 0 ? 3 : 0);
      }
    }
    EXPECT_EQ(pool.submit(add, 1, 1).get(), 2);
  });
}

// Sometimes the pool has heard of it when it gets the next task, and sometimes it has not.
TEST_F(ProcessPoolEnd, WorkerKilledWhileIdleIsReplaced) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    for (int i = 0; i < 20; ++i) {
      pid_t const worker = pool.submit(whose).get();
      ::kill(worker, SIGKILL);
      await_death(worker);
      EXPECT_NE(pool.submit(whose).get(), worker);
    }
  });
}

// What a stopped worker has not taken out when it is killed was never begun.
TEST_F(ProcessPoolEnd, WhatADeadWorkerHadNotBegunGoesToAnother) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    pid_t const worker = pool.submit(whose).get();
    stop(worker);
    auto next = pool.submit(whose);
    auto cancelled = pool.submit(whose);
    ::kill(worker, SIGKILL);
    EXPECT_NE(next.get(), worker);
    EXPECT_NE(cancelled.get(), worker);
  });
}

TEST_F(ProcessPoolEnd, CancelledBeforeADeadWorkerHadBegunItIsCancelled) {
  with_pool({.workers = 1, .grace = 1h}, [](coir::process_pool& pool) {
    pid_t const worker = pool.submit(whose).get();
    stop(worker);
    auto next = pool.submit([] { ++shared(4); });
    next.cancel();
    ::kill(worker, SIGKILL);
    next.join();
    EXPECT_TRUE(next.cancelled());
    EXPECT_EQ(shared(4), 0u);
  });
}

// The last word of a process that was sent a cancel, and died before it had read that
TEST(Message, IsHeardFromAPeerThatHasLeftOnesUnread) {
  auto [here, there] = coir::detail::socket_pair();
  int const word = 7;
  coir::detail::send_message(here.get(), {coir::detail::bytes_of(word)});
  coir::detail::send_message(there.get(), {coir::detail::bytes_of(word)});
  there = coir::detail::descriptor();
  std::array<std::byte, 64> room;
  coir::detail::message came;
  ASSERT_TRUE(coir::detail::receive_message(here.get(), room, came));
  EXPECT_EQ(came.size, sizeof word);
  ASSERT_TRUE(coir::detail::receive_message(here.get(), room, came));
  EXPECT_EQ(came.size, 0u);
}

// ---- the pool's end ------------------------------------------------------------------------------

TEST_F(ProcessPoolEnd, DestructorCancelsAndWaits) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    pool.submit(sleep_long).detach();
    pool.submit([] { ++shared(4); }).detach();
    await_shared(0);
  });
  EXPECT_EQ(shared(1), 1u);
  EXPECT_EQ(shared(4), 0u);
  EXPECT_EQ(::kill(static_cast<pid_t>(shared(0)), 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST_F(ProcessPoolEnd, JoinLetsAllComeToItsEnd) {
  with_pool({.workers = 2}, [](coir::process_pool& pool) {
    for (int i = 0; i < 20; ++i) pool.submit([] { ++shared(4); }).detach();
    pool.join();
    EXPECT_EQ(shared(4), 20u);
    EXPECT_THROW((void)pool.submit(add, 1, 1), std::logic_error);
    pool.join();
  });
}

TEST_F(ProcessPoolEnd, PPX_04_DeathAfterCloseDoesNotHang) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    auto victim = pool.submit(sleep_long);
    auto queued = pool.submit(add, 1, 1);
    auto const worker = await_process(0);
    pool.close();
    ::kill(worker, SIGKILL);
    EXPECT_THROW(victim.get(), coir::worker_died);
    EXPECT_EQ(queued.get(), 2);
    pool.join();
  });
}

TEST_F(ProcessPoolEnd, MPX_12_DestructorWithThousandsInTheQueueIsPrompt) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    pool.submit(sleep_long).detach();
    for (int i = 0; i < 10'000; ++i) pool.submit([] { ++shared(4); }).detach();
    await_shared(0);
  });
  EXPECT_EQ(shared(4), 0u);
}

TEST_F(ProcessPoolEnd, UnusedPoolEnds) {
  with_pool({}, [](coir::process_pool& pool) { EXPECT_GE(pool.workers(), 1u); });
}

TEST_F(ProcessPoolEnd, NoDescriptorAndNoZombieIsLeft) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) { pool.submit(add, 1, 1).join(); });
  auto const before = open_descriptors();
  for (int i = 0; i < 5; ++i) {
    // So much goes by a file.
    coir::process_pool_options options{
        .workers = 2,
        .initializer = coir::call([](std::string const&) {}, std::string(500'000, 'x'))};
    with_pool(std::move(options), [](coir::process_pool& pool) {
      pool.submit(add, 1, 1).join();
      pid_t const idle = pool.submit(whose).get();
      ::kill(idle, SIGKILL);
      await_death(idle);
      auto killed = pool.submit(sleep_long);
      await_shared(0);
      ::kill(static_cast<pid_t>(shared(0).exchange(0)), SIGKILL);
      EXPECT_THROW(killed.get(), coir::worker_died);
      pool.submit([](std::string const& text) { return text; }, std::string(500'000, 'x')).join();
    });
    EXPECT_EQ(open_descriptors(), before);
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

// P3: so do the workers of a pool in a worker
TEST_F(ProcessPoolEnd, KilledWorkerTakesItsOwnPoolAlong) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    auto task = pool.submit([] {
      shared(5) = static_cast<std::uint32_t>(::getpid());
      coir::process_pool inner({.workers = 1});
      inner.submit(sleep_long).join();
    });
    pid_t const below = await_process(0);
    ::kill(await_process(5), SIGKILL);
    EXPECT_THROW(task.get(), coir::worker_died);
    await_death(below);
  });
  EXPECT_EQ(shared(1), 0u);
}

// P3: no orphan
TEST_F(ProcessPoolEnd, KilledProgramLeavesNobody) {
  if (COIR_TSAN) GTEST_SKIP() << "TSan wants no threads after a fork beside threads";
  pid_t const program = ::fork();
  if (program == 0) {
    with_pool({.workers = 2}, [](coir::process_pool& pool) {
      shared(5) = static_cast<std::uint32_t>(pool.submit(whose).get());  // idle
      auto task = pool.submit(sleep_long);
      task.join();
    });
    ::_exit(1);
  }
  while (shared(0) == 0 || shared(5) == 0) ::sched_yield();
  ::kill(program, SIGKILL);
  ::waitpid(program, nullptr, 0);
  for (std::size_t const who : {std::size_t{0}, std::size_t{5}})
    await_death(static_cast<pid_t>(shared(who)));
  EXPECT_EQ(shared(1), 0u);
}

class ProcessPoolSigint : public ProcessPoolEnd {
 protected:
  void SetUp() override {
    ProcessPoolEnd::SetUp();
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  }
  void TearDown() override { GTEST_FLAG_SET(death_test_style, "fast"); }
};

// G5: those too that would never end
TEST_F(ProcessPoolSigint, ItEndsAPoolInTheMiddleOfItsWork) {
  EXPECT_EXIT(end_by([] {
                with_pool({.workers = 2, .grace = 20ms}, [](coir::process_pool& pool) {
                  auto const busy = pool.submit(spin);
                  auto const waits = pool.submit(wait_for_go);
                  auto const queued = pool.submit(add, 1, 1);
                  await_shared(0);
                  await_shared(2);
                  contract::interrupt();
                  queued.join();
                });
              }),
              testing::ExitedWithCode(contract::was_interrupted), "^$");
}

}  // namespace
