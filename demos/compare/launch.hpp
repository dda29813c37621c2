// SPDX-License-Identifier: BSL-1.0
/// Runs one cell in a process of its own, watches it and ends it in time.
#pragma once

#include <chrono>
#include <string>

#include "interrupts.hpp"
#include "protocol.hpp"

namespace demos::compare {

/// Runs a cell to its end, but no longer than `limit`.
///
/// Whatever happens, no process is left when this returns or throws.
///   Throws: interrupted on Ctrl-C; std::system_error if no process can be made.
repetition launch_cell(request const& asked, std::chrono::duration<double> limit, interrupts& stop);

}  // namespace demos::compare
