// SPDX-License-Identifier: BSL-1.0
/// The floor: what a raw switch between two contexts costs here and now.
#pragma once

#include <benchmark/benchmark.h>

namespace demos::bench {

/// Nanoseconds of one bare jump_fcontext, the best of several short series.
double floor_ns();

/// Measures the floor before and after a repetition, so that each is related to the machine as it
/// was then: a noisy neighbour slows both.
class bracket {
 public:
  explicit bracket(benchmark::State& state) : state_(state), before_(floor_ns()) {}
  bracket(bracket const&) = delete;
  ~bracket() { state_.counters["floor"] = (before_ + floor_ns()) / 2; }

 private:
  benchmark::State& state_;
  double before_;
};

}  // namespace demos::bench
