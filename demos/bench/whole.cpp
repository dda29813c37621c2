// SPDX-License-Identifier: BSL-1.0
/// Small programs as a whole.
#include <sys/resource.h>

#include <boost/fiber/all.hpp>
#include <random>
#include <vector>

#include "on.hpp"
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
    for (auto _ : state) {
      if (coir_leaf_sum(0, 1'000'000) != 499'999'500'000) state.SkipWithError("wrong sum");
    }
  });
}

using pooled = boost::fibers::pooled_fixedsize_stack;

void boost_leaf_sum(pooled& stacks, long first, long leaves, long& result) {
  if (leaves == 1) {
    result = first;
    return;
  }
  std::vector<boost::fibers::fiber> below;
  std::vector<long> results(10);
  for (long i = 0; i < 10; ++i) {
    below.emplace_back(std::allocator_arg, pooled(stacks), boost_leaf_sum, std::ref(stacks),
                       first + i * leaves / 10, leaves / 10,
                       std::ref(results[static_cast<std::size_t>(i)]));
  }
  result = 0;
  for (auto& each : below) each.join();
  for (long each : results) result += each;
}

void boost_skynet(benchmark::State& state) {
  bracket const floor(state);
  pooled stacks(16 * 1024);
  for (auto _ : state) {
    long sum = 0;
    boost_leaf_sum(stacks, 0, 1'000'000, sum);
    if (sum != 499'999'500'000) state.SkipWithError("wrong sum");
  }
}

// How far the last of 100,000 tasks that sleep up to 100 ms ends after the 100 ms, spawn included, in
// the second pass.
void coir_sleepers(benchmark::State& state) {
  constexpr int sleepers = 100'000;
  constexpr double longest_ms = 100;
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
    pass();  // the stacks exist from then on
    for (auto _ : state) {
      double const cpu_before = cpu_ms();
      auto const begin = std::chrono::steady_clock::now();
      pass();
      std::chrono::duration<double, std::milli> const took =
          std::chrono::steady_clock::now() - begin;
      state.SetIterationTime((took.count() - longest_ms) / 1e3);
      state.counters["cpu_ms"] = cpu_ms() - cpu_before;
    }
  });
}

}  // namespace

std::vector<row> whole_rows() {
  return {
      {"skynet", "skynet, 1,000,000 leaves", unit::milliseconds, coir_skynet, boost_skynet, true},
      {"sleepers", "100,000 sleep 0 to 100 ms: over", unit::milliseconds, coir_sleepers, nullptr,
       true, true},
  };
}

}  // namespace demos::bench
