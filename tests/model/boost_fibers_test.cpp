// SPDX-License-Identifier: BSL-1.0
/// Fibers of Boost's own making wait in coir.

#include <atomic>
#include <ctime>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "model/boost_program.hpp"

namespace {

using namespace boost_program;
using boost::fibers::fiber;

TEST(BoostProgram, FibersHandEachOtherItems) {
  on_boost_thread([] {
    coir::queue<int> there(1);
    coir::queue<int> back(1);
    fiber echo([&] {
      for (int const item : there) back.put(item * 10);
    });
    std::vector<int> got;
    for (int i = 1; i <= 3; ++i) {
      there.put(i);
      got.push_back(back.get());
    }
    there.shutdown();
    echo.join();
    EXPECT_EQ(got, (std::vector{10, 20, 30}));
  });
}

TEST(BoostProgram, AWaitParksTheFiberAndNotTheThread) {
  on_boost_thread([] {
    coir::event set;
    std::vector<std::string> order;
    fiber waiter([&] {
      order.push_back("waits");
      set.wait();
      order.push_back("woke");
    });
    fiber other([&] {
      order.push_back("other");
      set.set();
      order.push_back("set");
    });
    waiter.join();
    other.join();
    EXPECT_EQ(order, (std::vector<std::string>{"waits", "other", "set", "woke"}));
  });
}

TEST(BoostProgram, ATimeoutEndsAFibersWait) {
  on_boost_thread([] {
    coir::event never_set;
    bool expired = false;
    fiber waiter([&] {
      EXPECT_THROW(coir::timeout(1ms, [&] { never_set.wait(); }), coir::timeout_error);
      EXPECT_FALSE(coir::move_on_after(1ms, [&] { never_set.wait(); }));
      EXPECT_FALSE(never_set.wait_for(1ms));
      auto const begin = coir::now();
      coir::sleep_for(2ms);
      EXPECT_GE(coir::now() - begin, 2ms);
      expired = true;
    });
    waiter.join();
    EXPECT_TRUE(expired);
  });
}

TEST(BoostProgram, OneFiberCancelsWhatAnotherDoes) {
  on_boost_thread([] {
    coir::event never_set;
    coir::cancel_scope scope;
    bool went_on = false;
    fiber waiter([&] {
      EXPECT_FALSE(scope.run([&] { never_set.wait(); }));
      went_on = true;
    });
    let_others_run();
    scope.cancel();
    EXPECT_FALSE(went_on);  // waking a fiber does not run it
    waiter.join();
    EXPECT_TRUE(went_on);
  });
}

TEST(BoostProgram, APlainThreadEndsAFibersWaitAndAFiberAThreads) {
  coir::queue<int> to_fiber;
  coir::queue<int> to_thread;
  std::thread thread([&] {
    for (int i = 0; i < 1000; ++i) {
      to_fiber.put(i);
      ASSERT_EQ(to_thread.get(), i);
    }
  });
  on_boost_thread([&] {
    fiber([&] {
      for (int i = 0; i < 1000; ++i) to_thread.put(to_fiber.get());
    }).join();
  });
  thread.join();
}

TEST(BoostProgram, TasksOfARunAndFibersShareAQueue) {
  for (auto const model : {coir::model::fibers, coir::model::threads, coir::model::boost_fibers}) {
    if (!coir::is_available(model)) continue;
    coir::queue<int> to_tasks(2);
    coir::queue<int> from_tasks(2);
    std::thread run([&] {
      coir::run({.model = model}, [&] {
        coir::group([&](coir::task_group& g) {
          for (int i = 0; i < 3; ++i)
            g.spawn([&] {
              for (int const item : to_tasks) from_tasks.put(item);
            });
        });
      });
    });
    int sum = 0;
    on_boost_thread([&] {
      fiber producer([&] {
        for (int i = 1; i <= 100; ++i) to_tasks.put(i);
        to_tasks.shutdown();
      });
      for (int i = 1; i <= 100; ++i) sum += from_tasks.get();
      producer.join();
    });
    run.join();
    EXPECT_EQ(sum, 5050) << coir::to_string(model);
  }
}

// Without a state of its own for each fiber, `throw;` would rethrow the other's exception.
TEST(BoostProgram, AWaitInACatchBlockKeepsItsOwnException) {
  on_boost_thread([] {
    std::vector<std::string> rethrown;
    auto const wait_in_catch = [&](std::string const& name, auto wait) {
      try {
        try {
          throw std::runtime_error(name);
        } catch (...) {
          wait();
          throw;
        }
      } catch (std::runtime_error const& e) {
        rethrown.push_back(e.what());
      }
    };
    coir::event set;
    fiber a([&] { wait_in_catch("a", [&] { set.wait(); }); });
    fiber b([&] { wait_in_catch("b", [] { boost::this_fiber::yield(); }); });
    wait_in_catch("main", [&] {
      // Boost switches to this one at once, and does not ask the algorithm.
      fiber c(boost::fibers::launch::dispatch, [&] {
        EXPECT_EQ(std::current_exception(), nullptr);
        wait_in_catch("c", [&] { set.wait(); });
      });
      let_others_run();
      set.set();
      c.join();
    });
    a.join();
    b.join();
    EXPECT_EQ(rethrown, (std::vector<std::string>{"b", "c", "a", "main"}));
  });
}

// Q3
TEST(BoostProgram, AFiberThatEndsHoldingAMutexLeavesItBroken) {
  on_boost_thread([] {
    coir::mutex m;
    fiber([&] { m.lock(); }).join();
    let_others_run();
    EXPECT_THROW(m.lock(), coir::broken_lock);
  });
}

TEST(BoostProgram, BoostsOwnWaitsGoOnAsEver) {
  on_boost_thread([] {
    auto const begin = std::chrono::steady_clock::now();
    boost::this_fiber::sleep_for(1ms);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 1ms);

    boost::fibers::promise<int> promised;
    auto future = promised.get_future();
    std::thread other([&] { promised.set_value(7); });
    EXPECT_EQ(future.get(), 7);
    other.join();

    boost::fibers::unbuffered_channel<int> channel;
    fiber sender([&] { channel.push(8); });
    EXPECT_EQ(channel.value_pop(), 8);
    sender.join();
  });
}

// Boost's timer ends its fiber's sleep while ours is the later one, and the other way round.
TEST(BoostProgram, TheEarlierOfBoostsAndCoirsTimersEndsTheSleepOfTheThread) {
  on_boost_thread([] {
    for (auto const& [coirs, boosts] : {std::pair{1ms, 20ms}, std::pair{20ms, 1ms}}) {
      std::vector<std::string> order;
      fiber a([&, delay = coirs] {
        coir::sleep_for(delay);
        order.push_back("coir");
      });
      fiber b([&, delay = boosts] {
        boost::this_fiber::sleep_for(delay);
        order.push_back("boost");
      });
      a.join();
      b.join();
      EXPECT_EQ(order.front(), coirs < boosts ? "coir" : "boost");
    }
  });
}

// FIB-08, S3
TEST(BoostProgram, FIB_08_AThreadWhoseFibersAreAllParkedSleeps) {
  on_boost_thread([] {
    coir::event never_set;
    fiber waiter([&] { (void)never_set.wait_for(300ms); });
    waiter.join();
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    EXPECT_LT(std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec), 150ms);
  });
}

// S2
TEST(BoostProgram, ALoopOfYieldsDoesNotStarveATimer) {
  on_boost_thread([] {
    bool fired = false;
    fiber sleeper([&] {
      coir::sleep_for(1ms);
      fired = true;
    });
    while (!fired) boost::this_fiber::yield();
    sleeper.join();
  });
}

TEST(BoostProgram, AFiberIsNoTask) {
  on_boost_thread([] {
    EXPECT_THROW((void)coir::spawn([] {}), std::logic_error);
    EXPECT_THROW((void)coir::current_model(), std::logic_error);
    EXPECT_EQ(coir::run([] { return coir::spawn([] { return 3; }).get(); }), 3);
    coir::sleep_for(1ms);  // and is one among fibers again
  });
}

// A fiber that a task of a boost_fibers run has made by itself is a fiber like any other.
TEST(BoostProgram, ATaskOnBoostFibersMayMakeFibersByItself) {
  coir::run({.model = coir::model::boost_fibers}, [] {
    coir::queue<int> q;
    fiber maker([&] {
      coir::sleep_for(1ms);
      q.put(5);
    });
    EXPECT_EQ(q.get(), 5);
    maker.join();
  });
}

}  // namespace
