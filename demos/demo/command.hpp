// SPDX-License-Identifier: BSL-1.0
/// `coir demo` on the command line.
#pragma once

namespace CLI {
class App;
}

namespace demos {

/// Adds the command to the program. `exit_code` is set when it has run.
///   Throws from parsing: usage_error for whatever cannot be done as typed.
void add_demo_command(CLI::App& program, int& exit_code);

}  // namespace demos
