// SPDX-License-Identifier: BSL-1.0
/// What one costs among a thousand, and among a million.
#include "growth.hpp"

#include <fmt/format.h>

#include "floor.hpp"
#include "row.hpp"

namespace demos::bench {
namespace {

template <std::size_t Operation, long N>
void grow(benchmark::State& state) {
  bracket const floor(state);
  while (state.KeepRunningBatch(N))
    state.SetIterationTime(second_pass(growing_operations[Operation], N));
}

template <std::size_t Operation>
void add_rows(std::vector<row>& rows) {
  auto const add = [&](long n, measured side, bool heavy) {
    growing const& of = growing_operations[Operation];
    rows.push_back({.name = fmt::format("grow/{}/{}", of.name, n),
                    .what = fmt::format("{}, among {}", of.what, n),
                    .unit = unit::floors,
                    .on_coir = side,
                    .heavy = heavy,
                    .timed_itself = true,
                    .once = true});
  };
  add(1'000, grow<Operation, 1'000>, false);
  add(10'000, grow<Operation, 10'000>, false);
  add(100'000, grow<Operation, 100'000>, true);
  add(1'000'000, grow<Operation, 1'000'000>, true);
}

}  // namespace

std::vector<row> growth_rows() {
  std::vector<row> rows;
  add_rows<0>(rows);
  add_rows<1>(rows);
  add_rows<2>(rows);
  add_rows<3>(rows);
  return rows;
}

}  // namespace demos::bench
