// SPDX-License-Identifier: BSL-1.0
/// A look at what this process has used so far; two looks make the figures of what lay between.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "figures.hpp"

namespace demos::compare {

/// The sizes of a process, in bytes, as the kernel counts them in /proc/PID/status.
struct sizes {
  std::int64_t resident = 0;       // VmRSS: now
  std::int64_t peak_resident = 0;  // VmHWM: the most so far
  std::int64_t page_tables = 0;    // VmPTE: now; the kernel keeps no peak of it
};

/// Reads the sizes out of the text of a status file; what is not there stays 0.
sizes parse_sizes(std::string const& status);

/// The memory in bytes that a process shares with no other, out of the text of its smaps_rollup.
std::int64_t parse_own(std::string const& smaps);

/// A moment in this process's life.
struct look {
  std::chrono::steady_clock::time_point at;
  double cpu = 0;                // seconds since the process began
  std::int64_t voluntary = 0;    // context switches since then
  std::int64_t involuntary = 0;  // context switches since then
  sizes memory;

  static look before_work();  // reads the clock last
  static look after_work();   // reads the clock first
};

/// What was used between two looks. Memory is the peak resident during the whole life less what
/// was resident before, which is why each measurement needs a fresh process.
figures between(look const& before, look const& after);

}  // namespace demos::compare
