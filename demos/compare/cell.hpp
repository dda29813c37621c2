// SPDX-License-Identifier: BSL-1.0
/// Inside the process of one cell: one workload, once, on one model.
#pragma once

namespace demos::compare {

/// The command that `coir compare` gives itself when it starts a cell; not for people.
inline constexpr char const* cell_command = "compare-cell";

/// Reads a request from standard input, runs it and writes the answer to standard output.
/// Returns the process's exit code.
int run_cell();

}  // namespace demos::compare
