// SPDX-License-Identifier: BSL-1.0
/// The command `coir`: what the library can do, seen from a shell.
#include <CLI/CLI.hpp>
#include <coir/base/error.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#if defined(COIR_WITH_BENCHMARKS)
#include "bench/command.hpp"
#endif
#include "compare/arguments.hpp"
#include "compare/command.hpp"
#include "demo/command.hpp"

namespace {

constexpr int failed = 1;
constexpr int not_understood = 2;
constexpr int interrupted = 130;  // as shells have it

int complain(std::string_view what, int exit_code) {
  std::cerr << "coir: " << what << '\n';
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App program("Tasks, timeouts and queues on fibers and threads, side by side", "coir");
  int exit_code = 0;
  program.set_version_flag("--version", "coir " COIR_VERSION, "Print the version");
  program.require_subcommand(1);
  demos::compare::add_command(program, exit_code);
  demos::add_demo_command(program, exit_code);
#if defined(COIR_WITH_BENCHMARKS)
  demos::bench::add_command(program, exit_code);
#endif
  try {
    program.parse(argc, argv);
  } catch (CLI::RequiredError const&) {
    std::string names;
    for (auto const* each :
         program.get_subcommands([](CLI::App* one) { return !one->get_group().empty(); }))
      names += (names.empty() ? "" : ", ") + each->get_name();
    std::string const what =
        argc > 1 ? std::string("unknown command '") + argv[1] + "'; valid: " : "name a command: ";
    return complain(what + names + "; `coir --help` says what they do", not_understood);
  } catch (CLI::ConversionError const& error) {
    std::string_view what = error.what();  // "Could not convert: --seed = x"
    if (auto const colon = what.find(": "); colon != what.npos) what.remove_prefix(colon + 2);
    return complain(std::string(what) + ": no number, or none that fits there", not_understood);
  } catch (CLI::ParseError const& error) {
    // Help and version are thrown too, and are no errors.
    if (error.get_exit_code() == 0) return program.exit(error);
    return complain(error.what(), not_understood);
  }
  return exit_code;
} catch (demos::compare::usage_error const& error) {
  return complain(error.what(), not_understood);
} catch (coir::interrupted const&) {
  return interrupted;
} catch (std::exception const& error) {
  return complain(error.what(), failed);
}
