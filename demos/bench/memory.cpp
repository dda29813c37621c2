// SPDX-License-Identifier: BSL-1.0
/// What a parked fiber weighs: pages of its own and the page tables that find them.
#include <fstream>
#include <string>
#include <vector>

#include "on.hpp"
#include "row.hpp"

namespace demos::bench {
namespace {

/// Resident memory and page tables of this process, in bytes.
double weight() {
  std::ifstream status("/proc/self/status");
  double kib = 0;
  for (std::string word; status >> word;) {
    if (word != "VmRSS:" && word != "VmPTE:") continue;
    double part = 0;
    status >> part;
    kib += part;
  }
  return kib * 1024;
}

template <int N>
void coir_parked(benchmark::State& state) {
  on_coir(state, [&] {
    for (auto _ : state) {
      double const before = weight();
      coir::group([&](coir::task_group& tasks) {
        for (int i = 0; i < N; ++i) tasks.spawn([] { coir::event().wait(); });
        coir::yield();
        state.counters["bytes"] = (weight() - before) / N;
        tasks.cancel();
      });
    }
  });
}

}  // namespace

std::vector<row> memory_rows() {
  return {
      {.name = "parked/100000",
       .what = "a parked fiber, of 100,000",
       .unit = unit::bytes,
       .on_coir = coir_parked<100'000>,
       .once = true},
      {.name = "parked/1000000",
       .what = "a parked fiber, of 1,000,000",
       .unit = unit::bytes,
       .on_coir = coir_parked<1'000'000>,
       .heavy = true,
       .once = true},
  };
}

std::vector<row> all_rows() {
  std::vector<row> all;
  for (auto const& some : {switch_rows(), task_rows(), wait_rows(), whole_rows(), memory_rows(),
                           growth_rows(), process_rows()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

}  // namespace demos::bench
