// SPDX-License-Identifier: BSL-1.0
/// What it costs to let the next one run.
#include <boost/fiber/all.hpp>
#include <vector>

#include "on.hpp"
#include "operations.hpp"
#include "row.hpp"

namespace demos::bench {
namespace {

template <int N>
void coir_yield(benchmark::State& state) {
  on_coir(state, [&] { yield_in_turn(state, N); });
}

template <int N>
void boost_yield(benchmark::State& state) {
  constexpr auto turns = take_turns<[] { boost::this_fiber::yield(); }, benchmark::State>;
  bracket const floor(state);
  bool stop = false;
  std::vector<boost::fibers::fiber> others;
  for (int i = 1; i < N; ++i) others.emplace_back([&] { turns(nullptr, N, stop); });
  boost::this_fiber::yield();
  turns(&state, N, stop);
  stop = true;
  for (auto& each : others) each.join();
}

}  // namespace

std::vector<row> switch_rows() {
  return {
      {"yield/2", "yield, 2 fibers", unit::floors, coir_yield<2>, boost_fiber(boost_yield<2>)},
      {"yield/1000", "yield, 1,000 fibers", unit::floors, coir_yield<1000>,
       boost_fiber(boost_yield<1000>)},
      {"yield/10000", "yield, 10,000 fibers", unit::floors, coir_yield<10000>,
       boost_fiber(boost_yield<10000>)},
  };
}

}  // namespace demos::bench
