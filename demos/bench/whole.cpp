// SPDX-License-Identifier: BSL-1.0
/// Small programs as a whole.
#include <sys/resource.h>

#include <boost/fiber/all.hpp>
#include <random>
#include <vector>

#include "on.hpp"
#include "raw_stacks.hpp"
#include "row.hpp"

namespace demos::bench {
namespace {

double cpu_ms() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  auto const ms = [](timeval const& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  return ms(used.ru_utime) + ms(used.ru_stime);
}

// Each node of the tree starts ten and adds up what they return.
long coir_leaf_sum(long first, long leaves) {
  if (leaves == 1) return first;
  std::vector<coir::task<long>> below;
  below.reserve(10);
  for (long i = 0; i < 10; ++i)
    below.push_back(coir::spawn(coir_leaf_sum, first + i * leaves / 10, leaves / 10));
  long sum = 0;
  for (auto& each : below) sum += each.get();
  return sum;
}

void coir_skynet(benchmark::State& state) {
  on_coir(state, [&] {
    (void)coir_leaf_sum(0, 1'000'000);  // the stacks exist from then on
    for (auto _ : state) {
      if (coir_leaf_sum(0, 1'000'000) != 499'999'500'000) state.SkipWithError("wrong sum");
    }
  });
}

using pooled = boost::fibers::pooled_fixedsize_stack;

// Each child runs at once, as in the benchmark that comes with Boost.Fiber: in turn they would all be
// alive together, each with a stack, and take seven times as long.
void boost_leaf_sum(pooled& stacks, long first, long leaves, long& result) {
  if (leaves == 1) {
    result = first;
    return;
  }
  std::vector<boost::fibers::fiber> below;
  std::vector<long> results(10);
  for (long i = 0; i < 10; ++i) {
    below.emplace_back(boost::fibers::launch::dispatch, std::allocator_arg, pooled(stacks),
                       boost_leaf_sum, std::ref(stacks), first + i * leaves / 10, leaves / 10,
                       std::ref(results[static_cast<std::size_t>(i)]));
  }
  result = 0;
  for (auto& each : below) each.join();
  for (long each : results) result += each;
}

void boost_skynet(benchmark::State& state) {
  bracket const floor(state);
  pooled stacks(16 * 1024);
  long sum = 0;
  boost_leaf_sum(stacks, 0, 1'000'000, sum);
  for (auto _ : state) {
    boost_leaf_sum(stacks, 0, 1'000'000, sum);
    if (sum != 499'999'500'000) state.SkipWithError("wrong sum");
  }
}

constexpr int sleepers = 100'000;

/// Measures a part of the program by itself, with what the processor did for it.
template <class Part>
void measure_part(benchmark::State& state, double less_ms, Part&& part) {
  double const cpu_before = cpu_ms();
  auto const begin = std::chrono::steady_clock::now();
  part();
  std::chrono::duration<double, std::milli> const took = std::chrono::steady_clock::now() - begin;
  state.SetIterationTime((took.count() - less_ms) / 1e3);
  state.counters["cpu_ms"] = cpu_ms() - cpu_before;
}

// How far the last of 100,000 tasks that sleep up to 100 ms ends after the 100 ms, spawn included.
template <bool Warm>
void coir_sleepers(benchmark::State& state) {
  on_coir(state, [&] {
    std::minstd_rand random(7);
    auto const pass = [&] {
      coir::group([&](coir::task_group& tasks) {
        for (int i = 0; i < sleepers; ++i) {
          std::chrono::microseconds const nap(random() % 100'001);
          tasks.spawn([nap] { coir::sleep_for(nap); });
        }
      });
    };
    if constexpr (Warm) pass();  // the stacks exist from then on
    for (auto _ : state) measure_part(state, 100, pass);
  });
}

// What the kernel alone takes for 100,000 new stacks: a page and a guard each.
void new_stacks(benchmark::State& state) {
  bracket const floor(state);
  raw_stacks const stacks(sleepers);
  for (auto _ : state) {
    measure_part(state, 0, [&] {
      for (int i = 0; i < sleepers; ++i) {
        if (!stacks.guard(i)) return state.SkipWithError("this kernel has no MADV_GUARD_INSTALL");
        stacks.high(i)[-1] = 1;
      }
    });
  }
}

}  // namespace

std::vector<row> whole_rows() {
  return {
      {"skynet", "skynet, 1,000,000 leaves, second pass", unit::milliseconds, coir_skynet,
       boost_fiber(boost_skynet), true},
      {"sleepers",
       "100,000 sleep 0 to 100 ms: over",
       unit::milliseconds,
       coir_sleepers<true>,
       {},
       true,
       true},
      {"sleepers-cold",
       "the same on new stacks",
       unit::milliseconds,
       coir_sleepers<false>,
       {{"page + guard of each", new_stacks}},
       true,
       true,
       true},
  };
}

}  // namespace demos::bench
