// SPDX-License-Identifier: BSL-1.0
/// A whole comparison: every workload, model and number of tasks that was asked for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workload.hpp"

namespace demos::compare {

/// What the user asked for, checked.
struct wishes {
  std::vector<workload const*> workloads;
  std::vector<std::string_view> models;
  std::vector<std::uint64_t> tasks;  // empty: each workload's own
  std::vector<std::string> files;    // for `books`; empty: found on the machine
  std::size_t repeat = 1;
  double limit = 5;       // seconds a cell
  std::string json_file;  // empty: none
};

/// Runs the comparison, shows its tables and writes the JSON file.
/// Returns the exit code: 0, 1 if something failed, 128 and the signal after Ctrl-C.
///   Throws: usage_error if the JSON file cannot be written, before anything runs.
int run_comparison(wishes const& asked);

}  // namespace demos::compare
