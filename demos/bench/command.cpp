// SPDX-License-Identifier: BSL-1.0
/// coir bench [NAME...] [--quick] [--json FILE]
#include "command.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "../compare/machine.hpp"
#include "floor.hpp"
#include "report.hpp"

namespace demos::bench {
namespace {

struct wishes {
  std::vector<std::string> names;
  bool quick = false;
  bool list = false;
  std::string json;
};

/// The rows whose name is one of `names` or begins with one; all when there are no names.
std::vector<row> chosen(wishes const& of) {
  std::vector<row> rows;
  for (row const& each : all_rows()) {
    if (of.names.empty() && of.quick && each.heavy) continue;
    bool named = of.names.empty();
    for (auto const& name : of.names) named = named || each.name.starts_with(name);
    if (named) rows.push_back(each);
  }
  return rows;
}

std::string check_name(std::string const& name) {
  for (row const& each : all_rows()) {
    if (each.name.starts_with(name)) return {};
  }
  return "no benchmark is called '" + name + "'; `coir bench --list` names them";
}

/// Prints each row as soon as it is measured.
std::vector<result> measure_all(std::vector<row> const& rows, plan const& how) {
  bool const progress = ::isatty(STDERR_FILENO) != 0;
  std::vector<result> results;
  fmt::print("{}", heading(floor_ns()));
  for (row const& each : rows) {
    std::fflush(stdout);  // before the process is copied
    if (progress) fmt::print(stderr, "{}\r", each.name);
    results.push_back({each, {}, {}, {}});
    measure_apart(how, results.back());
    if (progress) fmt::print(stderr, "\033[K");
    fmt::print("{}", line(results.back()));
  }
  return results;
}

int run(wishes const& of) {
  if (of.list) {
    for (row const& each : all_rows()) fmt::print("{:<18}{}\n", each.name, each.what);
    return 0;
  }
  std::ofstream json;
  if (!of.json.empty()) {
    json.open(of.json);
    if (!json) throw std::runtime_error("cannot write " + of.json);
  }
  auto const machine = compare::this_machine();
  if (!machine.build.empty())
    fmt::print(stderr, "coir: these figures mean little: {}\n", machine.build);
  plan how;
  if (of.quick) how = {.repetitions = 5, .min_seconds = 0.02};
  auto const results = measure_all(chosen(of), how);
  if (json.is_open()) {
    json << as_json(machine, how, results).dump(1) << '\n';
    if (!json.flush()) throw std::runtime_error("cannot write " + of.json);
  }
  return 0;
}

}  // namespace

void add_command(CLI::App& program, int& exit_code) {
  auto* const command = program.add_subcommand(
      "bench", "Measures single operations in raw switches, beside Boost.Fiber");
  auto const of = std::make_shared<wishes>();
  command->add_option("NAME", of->names, "Which ones, by the beginning of their name; default: all")
      ->check(CLI::Validator(check_name, ""));
  command->add_flag("--quick", of->quick, "Fewer repetitions, and nothing that takes seconds");
  command->add_flag("--list", of->list, "Print the names and end");
  command->add_option("--json", of->json, "Write every repetition to FILE")->type_name("FILE");
  command->callback([of, &exit_code] { exit_code = run(*of); });
}

}  // namespace demos::bench
