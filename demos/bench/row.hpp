// SPDX-License-Identifier: BSL-1.0
/// One line of the benchmark: an operation on coir, and the same on its peers.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace demos::bench {

/// What a row's figure is.
enum class unit {
  floors,        // ns an operation, and how many raw switches that is
  microseconds,  // an operation that the system does
  milliseconds,  // the whole program
  bytes,         // memory of one task
};

using measured = void (*)(benchmark::State&);

/// Who does the same, or the least that has to be done.
struct peer {
  std::string name;
  measured run;
};

/// Nearly every row has this one.
inline std::vector<peer> boost_fiber(measured run) { return {{"Boost.Fiber", run}}; }

/// One operation. The functions fill the counters that `unit` asks for (see bracket).
struct row {
  std::string name;
  std::string what;
  bench::unit unit = bench::unit::floors;
  measured on_coir = nullptr;
  std::vector<peer> peers = {};
  bool heavy = false;         // left out by --quick
  bool timed_itself = false;  // by SetIterationTime()
  bool once = false;          // a thread that lived changes nothing: measured but one time
  bool on_all_cores = false;  // for what is done by several processes at the same time
};

std::vector<row> switch_rows();
std::vector<row> task_rows();
std::vector<row> wait_rows();
std::vector<row> whole_rows();
std::vector<row> memory_rows();
std::vector<row> growth_rows();
std::vector<row> process_rows();

/// All rows, in the order in which they are printed.
std::vector<row> all_rows();

}  // namespace demos::bench
