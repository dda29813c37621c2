// SPDX-License-Identifier: BSL-1.0
/// The processes model: what is its own, about processes that live.

#include <array>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <coir/coir.hpp>

#include "contract/descriptors.hpp"
#include "contract/processes.hpp"

namespace {

using contract::open_descriptors;
using contract::shared;

class Processes : public contract::on_processes {};

int add(int a, int b) { return a + b; }

TEST_F(Processes, TaskReturnsItsResult) {
  EXPECT_EQ(in_run([] { return coir::spawn(add, 2, 3).get(); }), 5);
}

TEST_F(Processes, EachTaskIsAProcess) {
  in_run([] {
    auto one = coir::spawn([] { return ::getpid(); });
    auto other = coir::spawn([] { return ::getpid(); });
    EXPECT_NE(one.get(), other.get());
    EXPECT_NE(one.get(), ::getpid());
  });
}

TEST_F(Processes, MainRunsOnTheCallersThread) {
  int here = 0;
  in_run([&] {
    here = 1;
    EXPECT_EQ(coir::current_model(), coir::model::processes);
  });
  EXPECT_EQ(here, 1);
}

TEST_F(Processes, TaskKnowsItsModelItsNameAndItsNumber) {
  struct seen {
    coir::model model;
    bool named;
    std::uint64_t id;
  };
  in_run([] {
    auto task = coir::spawn({.name = "a worker"}, [] {
      return seen{coir::current_model(), coir::this_task::name() == "a worker",
                  coir::this_task::id()};
    });
    EXPECT_EQ(task.get().model, coir::model::processes);
    EXPECT_TRUE(task.get().named);
    EXPECT_EQ(task.get().id, task.id());
  });
}

TEST_F(Processes, ManyTasksRunAtATime) {
  EXPECT_EQ(in_run([] {
              std::vector<coir::task<int>> tasks;
              for (int i = 0; i < 40; ++i) tasks.push_back(coir::spawn(add, i, i));
              int sum = 0;
              for (auto& each : tasks) sum += each.get();
              return sum;
            }),
            40 * 39);
}

// Half a megabyte each way does not fit into a message.
TEST_F(Processes, BigArgumentsAndResultsGoByAFile) {
  using block = std::array<int, 128 * 1024>;
  in_run([] {
    block const big = [] {
      block made;
      for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<int>(i);
      return made;
    }();
    auto task = coir::spawn(
        [](block const& given) {
          block more = given;
          for (int& each : more) ++each;
          return more;
        },
        big);
    EXPECT_EQ(task.get()[0], 1);
    EXPECT_EQ(task.get()[100'000], 100'001);
  });
}

TEST_F(Processes, TaskSpawnsTasksOfItsOwn) {
  EXPECT_EQ(in_run([] {
              return coir::spawn([] {
                       auto deeper = coir::spawn([] { return coir::spawn(add, 20, 1).get(); });
                       return deeper.get() * 2;
                     })
                  .get();
            }),
            42);
}

TEST_F(Processes, OtherModelsRunInsideATask) {
  EXPECT_EQ(in_run([] {
              return coir::spawn([] {
                       int const base = 20;
                       int const one =
                           coir::run([&] { return coir::spawn([&] { return base; }).get(); });
                       int const two = coir::run({.model = coir::model::threads}, [&] {
                         return coir::spawn([&] { return base + 2; }).get();
                       });
                       return one + two;
                     })
                  .get();
            }),
            42);
}

TEST_F(Processes, RunInsideAThreadUsesTheSameServer) {
  EXPECT_EQ(coir::run({.model = coir::model::threads},
                      [] {
                        return coir::spawn([] {
                                 return in_run([] { return coir::spawn(add, 1, 2).get(); });
                               })
                            .get();
                      }),
            3);
}

TEST_F(Processes, StandardInputIsEmptyAndTheGroupIsItsOwn) {
  in_run([] {
    EXPECT_TRUE(coir::spawn([] {
                  char one;
                  return ::read(STDIN_FILENO, &one, 1) == 0;
                }).get());
    EXPECT_TRUE(coir::spawn([] { return ::getpgrp() == ::getpid(); }).get());
  });
}

TEST_F(Processes, TaskHasNoDescriptorButThoseMeant) {
  int const secret = ::open("/dev/zero", O_RDONLY);  // not even of the program's own
  in_run([] {
    // The standard ones, the server's and the task's, and that of the count.
    EXPECT_EQ(coir::spawn(open_descriptors).get(), 3 + 2 + 1);
  });
  ::close(secret);
}

TEST_F(Processes, NoDescriptorAndNoZombieIsLeft) {
  in_run([] { coir::spawn(add, 1, 1).join(); });  // the hub has two for good
  auto const before = open_descriptors();
  in_run([] {
    for (int i = 0; i < 20; ++i) {
      auto task = coir::spawn(add, i, i);
      auto slow = coir::spawn([] { coir::sleep_for(std::chrono::hours(1)); });
      slow.cancel();
      task.join();
    }
  });
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

// G3: the thread that hears of the end of the one may wait for that of the other
TEST_F(Processes, CallbackMayWaitForWhatItSpawns) {
  in_run([] {
    auto first = coir::spawn([] { contract::await_shared(0); });
    coir::event called;
    int sum = 0;
    first.on_done([&] {
      sum = coir::spawn(add, 2, 3).get();
      called.set();
    });
    ++contract::shared(0);
    called.wait();
    EXPECT_EQ(sum, 5);
  });
}

TEST_F(Processes, WhatCapturesIsRefusedBeforeItStarts) {
  in_run([] {
    int local = 0;
    EXPECT_THROW((void)coir::spawn([&] { return local; }), std::invalid_argument);
    EXPECT_THROW((void)coir::spawn([](int* p) { return *p; }, &local), std::invalid_argument);
    EXPECT_EQ(coir::spawn(add, 1, 1).get(), 2);
  });
}

TEST_F(Processes, PreparingTwiceIsHarmless) {
  coir::prepare_processes();
  EXPECT_EQ(in_run([] { return coir::spawn(add, 2, 3).get(); }), 5);
}

}  // namespace
