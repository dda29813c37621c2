// SPDX-License-Identifier: BSL-1.0
/// What a task costs from spawn to join.
#include <boost/fiber/all.hpp>
#include <vector>

#include "on.hpp"
#include "operations.hpp"
#include "raw_stacks.hpp"
#include "row.hpp"

namespace demos::bench {
namespace {

constexpr int many = 10'000;

using pooled = boost::fibers::pooled_fixedsize_stack;

void coir_spawn_join(benchmark::State& state) {
  on_coir(state, [&] { spawn_and_join_each(state); });
}

void boost_spawn_join(benchmark::State& state) {
  bracket const floor(state);
  pooled stacks;
  int sum = 0;
  for (auto _ : state)
    boost::fibers::fiber(std::allocator_arg, pooled(stacks), [&] { ++sum; }).join();
  benchmark::DoNotOptimize(sum);
}

template <bool Parks>
void coir_spawn_many(benchmark::State& state) {
  on_coir(state, [&] { spawn_all_and_join<Parks>(state, many); });
}

template <bool Parks>
void boost_spawn_many(benchmark::State& state) {
  bracket const floor(state);
  pooled stacks;
  int sum = 0;
  std::vector<boost::fibers::fiber> tasks(many);
  auto const round = [&] {
    for (auto& each : tasks) {
      each = boost::fibers::fiber(std::allocator_arg, pooled(stacks), [&] {
        if constexpr (Parks) boost::this_fiber::yield();
        ++sum;
      });
    }
    for (auto& each : tasks) each.join();
  };
  round();
  while (state.KeepRunningBatch(many)) round();
  benchmark::DoNotOptimize(sum);
}

// What no scheduler is spared that keeps each task's frames on a stack of its own: the cache lines that
// such a task changes, here ten, changed by who runs it up to its wait and again from there to its end,
// and nothing else. Fetched ahead, as a good scheduler does.
void touch_stacks(benchmark::State& state) {
  bracket const floor(state);
  constexpr std::size_t lines = 10, line = 64, ahead = 2;
  raw_stacks stacks(many + ahead);
  stacks.touch_all();
  auto const top = [&](int i) { return stacks.high(i) - static_cast<std::size_t>(i % 32) * line; };
  auto const pass = [&] {
    for (int i = 0; i < many; ++i) {
      for (std::size_t at = 1; at <= lines; ++at)
        __builtin_prefetch(top(i + static_cast<int>(ahead)) - at * line, 1);
      for (std::size_t at = 1; at <= lines; ++at) ++*(top(i) - at * line);
    }
    benchmark::ClobberMemory();
  };
  while (state.KeepRunningBatch(many)) {
    pass();
    pass();
  }
}

}  // namespace

std::vector<row> task_rows() {
  return {
      {"spawn-join", "spawn + join", unit::floors, coir_spawn_join, boost_fiber(boost_spawn_join)},
      {"spawn-many", "spawn 10,000, join all", unit::floors, coir_spawn_many<false>,
       boost_fiber(boost_spawn_many<false>)},
      {"spawn-many-park",
       "the same, each parks once",
       unit::floors,
       coir_spawn_many<true>,
       {{"Boost.Fiber", boost_spawn_many<true>}, {"20 cold lines", touch_stacks}}},
  };
}

}  // namespace demos::bench
