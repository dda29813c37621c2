// SPDX-License-Identifier: BSL-1.0
/// A pool's workers die at random moments and at each step: each task has its result, or worker_died, nobody hangs
/// and nothing is left. COIR_CHAOS_ROUNDS says how many rounds; the failing round's seed is printed.

#include <cerrno>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sys/time.h>
#include <sys/wait.h>

#include "contract/descriptors.hpp"
#include "model/worker_steps.hpp"
#include "pool/pools.hpp"

namespace {

using namespace std::chrono_literals;
using coir::detail::worker_step;
using contract::open_descriptors;

class PoolChaosTest : public pool_tests::with_pools {};

// ---- what workers do -----------------------------------------------------------------------------

/// Which call kills this worker, and where in it.
worker_step dies_at;
int calls_left;

void count_down(worker_step at) {
  if (at == worker_step::call_taken) --calls_left;
  if (calls_left <= 0 && at == dies_at) ::kill(::getpid(), SIGKILL);
}

/// Its process is killed in so many microseconds, wherever it is then.
int die_soon(int number, int in) {
  itimerval const when{{0, 0}, {0, 1 + in}};
  ::setitimer(ITIMER_REAL, &when, nullptr);  // nobody handles it
  return number;
}

int die_at_a_step(int number, int step, int calls) {
  dies_at = static_cast<worker_step>(step);
  calls_left = calls;
  coir::detail::worker_step_hook = &count_down;
  return number;
}

int answer(int number) { return number; }
int answer_much(int number, std::string const& much) {
  return much == std::string(much.size(), 'c') ? number : -1;
}
int refuse(int number) { throw std::out_of_range(std::to_string(number)); }
int wait_long(int number) {
  coir::sleep_for(1h);
  return number;
}

// ---- a round -------------------------------------------------------------------------------------

class chaos_round {
 public:
  explicit chaos_round(std::uint32_t seed) : random_(seed) {}

  void play() {
    coir::model const kind = below(2) == 0 ? coir::model::fibers : coir::model::threads;
    coir::run({.model = kind}, [this] {
      coir::process_pool pool({.workers = 1 + static_cast<std::size_t>(below(3)), .grace = 1s});
      int const tasks = 10 + below(20);
      for (int number = 0; number < tasks; ++number) {
        begin(pool, number);
        // Now each by itself, and now many at once, so that they wait for workers.
        if (below(3) == 0) end_all();
      }
      if (below(4) != 0) end_all();
    });
  }

 private:
  struct begun {
    coir::task<int> task;
    int number;
    bool throws = false;
    bool may_be_cancelled = false;
  };

  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

  void begin(coir::process_pool& pool, int number) {
    switch (below(9)) {
      case 0: begun_.push_back({pool.submit(die_soon, number, below(1000)), number}); break;
      case 1: {
        int const step = below(static_cast<int>(worker_step::count));
        begun_.push_back({pool.submit(die_at_a_step, number, step, 1 + below(3)), number});
        break;
      }
      case 2: begun_.push_back({pool.submit(refuse, number), number, true}); break;
      case 3: {
        std::string much(static_cast<std::size_t>(below(100'000)), 'c');
        begun_.push_back({pool.submit(answer_much, number, std::move(much)), number});
        break;
      }
      case 4:
        begun_.push_back({pool.submit(wait_long, number), number, false, true});
        if (below(2) == 0) coir::yield();
        begun_.back().task.cancel();
        break;
      default: begun_.push_back({pool.submit(answer, number), number}); break;
    }
  }

  void end_all() {
    for (begun& each : std::exchange(begun_, {})) {
      if (below(4) == 0 && !each.task.join_for(std::chrono::microseconds(below(300))) &&
          below(3) == 0) {
        each.may_be_cancelled = true;
        each.task.cancel();
      }
      end(each);
    }
  }

  static void end(begun& each) {
    try {
      EXPECT_EQ(each.task.get(), each.number);
      EXPECT_FALSE(each.throws);
    } catch (coir::worker_died const& e) {
      EXPECT_TRUE(e.signal() == SIGKILL || e.signal() == SIGALRM) << e.what();
    } catch (std::out_of_range const& e) {
      EXPECT_TRUE(each.throws);
      EXPECT_EQ(e.what(), std::to_string(each.number));
    } catch (coir::cancelled const&) {
      EXPECT_TRUE(each.may_be_cancelled);
    }
  }

  std::mt19937 random_;
  std::vector<begun> begun_;
};

// P3, P4
TEST_F(PoolChaosTest, EachTaskHasItsResultOrItsWorkerDied) {
  char const* const asked = std::getenv("COIR_CHAOS_ROUNDS");
  char const* const chosen = std::getenv("COIR_CHAOS_SEED");
  int const usual = COIR_TSAN ? 5 : COIR_ASAN ? 20 : 300;
  int const rounds = asked != nullptr ? std::atoi(asked) : usual;
  std::uint32_t const first =
      chosen != nullptr ? static_cast<std::uint32_t>(std::atoll(chosen)) : std::random_device{}();
  auto const loud = coir::set_unhandled_exception_handler([](auto const&, auto const&) {});
  chaos_round(first).play();  // what is made once is there
  int const descriptors = open_descriptors();
  for (int i = 0; i < rounds && !HasFailure(); ++i) {
    std::uint32_t const seed = first + static_cast<std::uint32_t>(i);
    SCOPED_TRACE("COIR_CHAOS_SEED=" + std::to_string(seed));
    chaos_round(seed).play();
  }
  coir::set_unhandled_exception_handler(loud);
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

}  // namespace
