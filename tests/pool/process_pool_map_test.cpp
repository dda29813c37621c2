// SPDX-License-Identifier: BSL-1.0
/// process_pool: the same work for many items; initializers, and workers that are replaced.

#include <iterator>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "pool/pools.hpp"

namespace {

using namespace pool_tests;
using namespace std::chrono_literals;
using contract::await_shared;

class ProcessPoolMap : public with_pools {};
class ProcessPoolWorkers : public with_pools {};

int square(int n) { return n * n; }

int square_but_not_3(int n) {
  if (n == 3) throw std::domain_error("three");
  return n * n;
}

/// The numbers from 0 on, and how many of them were taken.
struct numbers {
  class iterator {
   public:
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    explicit iterator(numbers& of) : of_(&of) { ++of_->taken; }
    int operator*() const {
      if (of_->taken - 1 == 3 && of_->gate != nullptr) of_->gate->wait();
      if (of_->taken - 1 == of_->fails_at) throw std::out_of_range("no more numbers");
      return of_->taken - 1;
    }
    iterator& operator++() {
      ++of_->taken;
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return of_->taken - 1 == of_->end_at; }

   private:
    numbers* of_;
  };
  iterator begin() { return iterator(*this); }
  std::default_sentinel_t end() const { return {}; }

  int end_at = -1;
  int fails_at = -1;
  int taken = 0;
  coir::event* gate = nullptr;  // to be waited for at 3
};

std::vector<int> up_to(int count) {
  std::vector<int> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

TEST_F(ProcessPoolMap, ResultsComeInTheOrderOfTheRange) {
  with_pool({.workers = 2}, [](coir::process_pool& pool) {
    for (std::size_t const chunk : {0u, 1u, 7u, 1000u}) {
      std::vector<int> const squares = pool.map(square, up_to(100), {.chunk = chunk});
      ASSERT_EQ(squares.size(), 100u);
      for (int i = 0; i < 100; ++i) EXPECT_EQ(squares[static_cast<std::size_t>(i)], i * i);
    }
  });
}

TEST_F(ProcessPoolMap, MPX_12_NothingGivesNothing) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    EXPECT_TRUE(pool.map(square, std::vector<int>()).empty());
    EXPECT_FALSE(pool.imap_unordered(square, std::vector<int>()).next());
  });
}

TEST_F(ProcessPoolMap, ItemsAndResultsOfEveryKindThatTravels) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    pool.map([](int n) { shared(5) += static_cast<std::uint32_t>(n); }, up_to(5), {.chunk = 2});
    EXPECT_EQ(shared(5), 10u);
    std::vector<char const*> const words{"a", "bc"};  // as what the function takes them as
    EXPECT_EQ(pool.map([](std::string const& word) { return word + "!"; }, words),
              (std::vector<std::string>{"a!", "bc!"}));
    EXPECT_EQ(pool.map([](int n) { return n % 2 == 0; }, up_to(3)),
              (std::vector<bool>{true, false, true}));
    // What it gives stands for an item here and is none.
    EXPECT_EQ(pool.map([](auto is_set) { return !is_set; }, std::vector<bool>{true, false}),
              (std::vector<bool>{false, true}));
  });
}

// P1
TEST_F(ProcessPoolMap, WhatCannotBeCarriedIsRefusedBeforeItStarts) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    int local = 0;
    std::vector<int*> const pointers{&local};
    EXPECT_THROW(pool.map([&](int n) { return n + local; }, up_to(3)), std::invalid_argument);
    EXPECT_THROW(pool.map([](int* n) { return *n; }, pointers), std::invalid_argument);
    try {
      pool.map([](int n) { return &shared(static_cast<std::size_t>(n)); }, up_to(3));
      ADD_FAILURE();
    } catch (std::invalid_argument const& e) {
      EXPECT_NE(std::string(e.what()).find("its result"), std::string::npos) << e.what();
    }
  });
}

TEST_F(ProcessPoolMap, MapThrowsTheFirstFailureInOrder) {
  with_pool({.workers = 2}, [](coir::process_pool& pool) {
    EXPECT_THROW(pool.map(square_but_not_3, up_to(100)), std::domain_error);
    EXPECT_EQ(pool.map(square, up_to(2)), (std::vector<int>{0, 1}));
  });
}

TEST_F(ProcessPoolMap, AFailureComesOutAtItsPlaceAndTheRestGoesOn) {
  with_pool({.workers = 2}, [](coir::process_pool& pool) {
    for (std::size_t const chunk : {1u, 2u, 10u}) {
      auto squares = pool.imap(square_but_not_3, up_to(6), {.chunk = chunk});
      for (int i = 0; i < 6; ++i) {
        if (i == 3) {
          EXPECT_THROW((void)squares.next(), std::domain_error);
        } else {
          EXPECT_EQ(squares.next(), i * i);
        }
      }
      EXPECT_FALSE(squares.next());
    }
  });
}

TEST_F(ProcessPoolMap, MPX_09_WhatTheRangeThrowsComesAfterTheResults) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    numbers failing{.fails_at = 3};
    auto squares = pool.imap(square, failing, {.chunk = 2});
    for (int i = 0; i < 3; ++i) EXPECT_EQ(squares.next(), i * i);
    EXPECT_THROW((void)squares.next(), std::out_of_range);
    EXPECT_FALSE(squares.next());
    EXPECT_EQ(pool.submit(add, 1, 1).get(), 2);
  });
}

TEST_F(ProcessPoolMap, MPX_13_AnEndlessRangeIsTakenFromAsFarAsSaidAndCanBeLeft) {
  with_pool({.workers = 2}, [](coir::process_pool& pool) {
    for (bool const in_order : {true, false}) {
      numbers endless;
      auto const look = [&](auto&& squares) {
        EXPECT_EQ(endless.taken, 6);  // at once
        for (int given = 1; given <= 20; ++given) {
          EXPECT_TRUE(squares.next());
          EXPECT_LE(endless.taken, 6 + given);
        }
      };
      if (in_order) {
        look(pool.imap(square, endless, {.chunk = 2, .ahead = 6}));
      } else {
        look(pool.imap_unordered(square, endless, {.chunk = 2, .ahead = 6}));
      }
    }
    pool.join();
  });
}

TEST_F(ProcessPoolMap, UnorderedResultsComeAsTheyEnd) {
  with_pool({.workers = 2}, [](coir::process_pool& pool) {
    auto results = pool.imap_unordered(
        [](int n) {
          if (n == 0) wait_for_go();
          return n;
        },
        up_to(4));
    std::set<int> seen;
    for (int i = 0; i < 3; ++i) seen.insert(results.next().value());
    EXPECT_EQ(seen, (std::set<int>{1, 2, 3}));
    shared(3) = 1;
    EXPECT_EQ(results.next(), 0);
    EXPECT_FALSE(results.next());
  });
}

TEST_F(ProcessPoolMap, ALoopMayBeLeftAndTheRestIsCancelled) {
  with_pool({.workers = 2}, [](coir::process_pool& pool) {
    for (int const result : pool.imap(
             [](int n) {
               if (n == 1) sleep_long();
               return n;
             },
             up_to(100))) {
      EXPECT_EQ(result, 0);
      await_shared(0);
      break;
    }
    EXPECT_EQ(shared(1), 1u);
  });
}

// C8, C4
TEST_F(ProcessPoolMap, ACancelledWaiterLosesNothing) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    for (bool const in_order : {true, false}) {
      shared(2) = shared(3) = 0;
      auto const look = [](auto&& results) {
        EXPECT_FALSE(coir::move_on_after(0ms, [&] { (void)results.next(); }));
        await_shared(2);
        EXPECT_FALSE(coir::move_on_after(1ms, [&] { (void)results.next(); }));
        shared(3) = 1;
        EXPECT_EQ(results.next(), 0);
        EXPECT_EQ(results.next(), 1);
      };
      auto const work = [](int n) {
        wait_for_go();
        return n;
      };
      if (in_order) {
        look(pool.imap(work, up_to(2)));
      } else {
        look(pool.imap_unordered(work, up_to(2)));
      }
    }
  });
}

// C4: the range waits itself, in the middle of a chunk
TEST_F(ProcessPoolMap, ACancelInTheRangeLosesNothing) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    coir::event open;
    numbers gated{.end_at = 6, .gate = &open};
    auto results = pool.imap(square, gated, {.chunk = 2, .ahead = 2});
    EXPECT_EQ(results.next(), 0);
    EXPECT_EQ(results.next(), 1);
    EXPECT_FALSE(coir::move_on_after(1ms, [&] { (void)results.next(); }));
    open.set();
    for (int i = 2; i < 6; ++i) EXPECT_EQ(results.next(), i * i);
    EXPECT_FALSE(results.next());
  });
}

// P3
TEST_F(ProcessPoolMap, ADeadWorkerCostsItsChunk) {
  with_pool({.workers = 1}, [](coir::process_pool& pool) {
    auto results = pool.imap(
        [](int n) {
          if (n == 3) ::_exit(1);
          return n;
        },
        up_to(6), {.chunk = 2});
    EXPECT_EQ(results.next(), 0);
    EXPECT_EQ(results.next(), 1);
    EXPECT_THROW((void)results.next(), coir::worker_died);
    EXPECT_EQ(results.next(), 4);
    EXPECT_EQ(results.next(), 5);
    EXPECT_FALSE(results.next());
  });
}

// ---- workers -------------------------------------------------------------------------------------

TEST_F(ProcessPoolWorkers, InitializerRunsFirstInEach) {
  with_pool(
      {.workers = 2,
       .initializer = coir::call([](int by) { shared(4) += static_cast<std::uint32_t>(by); }, 10)},
      [](coir::process_pool& pool) {
        auto first = pool.submit(wait_for_go);
        await_shared(2);
        EXPECT_EQ(pool.submit([] { return shared(4).load(); }).get(), 20u);
        shared(3) = 1;
      });
  EXPECT_EQ(shared(4), 20u);
}

TEST_F(ProcessPoolWorkers, InitializerLeavesSomethingForTheTasks) {
  static int left = 0;
  with_pool({.workers = 1, .initializer = [] { left = 7; }},
            [](coir::process_pool& pool) { EXPECT_EQ(pool.submit([] { return left; }).get(), 7); });
  EXPECT_EQ(left, 0);
}

TEST_F(ProcessPoolWorkers, FUT_14_AFailingInitializerBreaksThePool) {
  with_pool({.workers = 1,
             .initializer =
                 [] {
                   wait_for_go();
                   throw std::domain_error("no licence");
                 }},
            [](coir::process_pool& pool) {
              auto one = pool.submit(add, 1, 1);
              auto other = pool.submit(add, 1, 1);
              shared(3) = 1;
              try {
                one.get();
                ADD_FAILURE();
              } catch (coir::broken_pool const& e) {
                EXPECT_NE(std::string(e.what()).find("no licence"), std::string::npos);
              }
              EXPECT_THROW(other.get(), coir::broken_pool);
              EXPECT_THROW((void)pool.submit(add, 1, 1), coir::broken_pool);
            });
}

TEST_F(ProcessPoolWorkers, SoDoesOneThatIsKilledInIt) {
  with_pool({.workers = 1, .initializer = sleep_long}, [](coir::process_pool& pool) {
    auto task = pool.submit(add, 1, 1);
    ::kill(await_process(0), SIGKILL);
    try {
      task.get();
      ADD_FAILURE();
    } catch (coir::broken_pool const& e) {
      EXPECT_NE(std::string(e.what()).find("SIGKILL"), std::string::npos) << e.what();
    }
  });
}

TEST_F(ProcessPoolWorkers, AnInitializerThatCannotBeCarriedIsRefused) {
  int local = 0;
  EXPECT_THROW((void)coir::pool_initializer([&] { ++local; }), std::invalid_argument);
}

TEST_F(ProcessPoolWorkers, DestructorDoesNotWaitForAnInitializer) {
  with_pool({.workers = 1, .initializer = sleep_long}, [](coir::process_pool& pool) {
    pool.submit(add, 1, 1).detach();
    await_shared(0);
  });
}

TEST_F(ProcessPoolWorkers, PPX_07_WorkersAreReplacedAfterSoManyTasks) {
  with_pool({.workers = 1, .max_tasks_per_worker = 3}, [](coir::process_pool& pool) {
    std::vector<coir::task<pid_t>> tasks;
    for (int i = 0; i < 10; ++i) tasks.push_back(pool.submit(whose));
    pool.close();
    std::vector<pid_t> who;
    for (auto& each : tasks) who.push_back(each.get());
    for (std::size_t i = 1; i < who.size(); ++i) {
      if (i % 3 == 0) {
        EXPECT_NE(who[i], who[i - 1]);
      } else {
        EXPECT_EQ(who[i], who[i - 1]);
      }
    }
    pool.join();
  });
}

}  // namespace
