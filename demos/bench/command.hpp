// SPDX-License-Identifier: BSL-1.0
/// `coir bench` on the command line.
#pragma once

namespace CLI {
class App;
}

namespace demos::bench {

/// Adds the command to the program. `exit_code` is set when it has run.
void add_command(CLI::App& program, int& exit_code);

}  // namespace demos::bench
