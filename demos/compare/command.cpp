// SPDX-License-Identifier: BSL-1.0
/// The options of `coir compare`, and their meaning.
#include "command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

#include "arguments.hpp"
#include "cell.hpp"
#include "comparison.hpp"
#include "models.hpp"

namespace demos::compare {
namespace {

// The words as they were typed.
struct typed {
  std::vector<std::string> workloads;
  std::string models = coir::is_available(coir::model::boost_fibers)
                           ? "serial,fibers,boost_fibers,threads,processes"
                           : "serial,fibers,threads,processes";
  std::string tasks;
  std::string repeat = "1";
  std::string limit = "5";
  std::vector<std::string> files;
  std::string json_file;
};

std::vector<std::string_view> workload_names() {
  std::vector<std::string_view> names;
  for (auto const& each : workloads()) names.push_back(each.name);
  return names;
}

std::vector<std::string_view> model_names() {
  std::vector<std::string_view> names;
  for (auto const& each : models) names.push_back(each.name);
  return names;
}

std::vector<workload const*> parse_workloads(typed const& words) {
  std::vector<workload const*> chosen;
  for (auto const name : parse_names("workload", words.workloads, workload_names())) {
    chosen.push_back(find_workload(name));
  }
  if (chosen.empty()) {
    for (auto const& each : workloads())
      if (each.by_default) chosen.push_back(&each);
  }
  return chosen;
}

// In the order of the table of models, std beside the threads it is to be compared with.
std::vector<std::string_view> parse_models(typed const& words) {
  auto const named = parse_names("model", split(words.models), model_names());
  for (auto const& each : models) {
    if (!each.model || coir::is_available(*each.model)) continue;
    if (std::ranges::find(named, each.name) != named.end())
      throw usage_error(fmt::format("--models: this build of coir has no {}", each.name));
  }
  auto const is_named = [&](std::string_view model) {
    return std::ranges::find(named, model) != named.end();
  };
  std::vector<std::string_view> chosen;
  for (auto const name : model_names()) {
    if (is_named(name) || (name == "std" && is_named("threads"))) chosen.push_back(name);
  }
  return chosen;
}

wishes understand(typed const& words) {
  wishes asked{.workloads = parse_workloads(words),
               .models = parse_models(words),
               .tasks = {},
               .files = {},
               .repeat = parse_repeat(words.repeat),
               .limit = parse_limit(words.limit),
               .json_file = words.json_file};
  if (!words.tasks.empty()) asked.tasks = parse_tasks(words.tasks);
  for (auto const* what : asked.workloads) {
    for (auto const tasks : asked.tasks) {
      if (tasks % what->multiple == 0) continue;
      throw usage_error(fmt::format("--tasks: {} cannot share out {} tasks; give a multiple of {}",
                                    what->name, tasks, what->multiple));
    }
  }
  for (auto const& file : words.files) {  // each once, in the order given
    if (std::ranges::find(asked.files, file) == asked.files.end()) asked.files.push_back(file);
  }
  if (!asked.files.empty() &&
      std::ranges::find(asked.workloads, find_workload("books")) == asked.workloads.end()) {
    throw usage_error("--file: files are for the workload 'books', which was not named");
  }
  return asked;
}

std::string footer() {
  auto text = std::string("Workloads:\n");
  for (auto const& each : workloads()) {
    text += fmt::format("  {:<12}{}\n{:14}({} of them, unless --tasks says otherwise{})\n",
                        each.name, each.caption, "", fmt::join(each.tasks, ", "),
                        each.by_default ? "" : "; only when named");
  }
  return text + R"(
Every figure comes from a process of its own. Beside `threads` stands `std`: the same
workload written by hand on std::thread, std::mutex and std::condition_variable.
"memory" is the peak that the workload added, page tables included; what the kernel
keeps for a thread, its stack in the kernel above all, comes on top of it. On `processes`
it is what they have for themselves alone, and their processor time counts as the cell's.
The bar is the wall time, drawn against the slowest of the rows beside it that finished.

Exit codes: 0 done; 1 something failed, and the message says what; 2 not understood.)";
}

}  // namespace

void add_command(CLI::App& program, int& exit_code) {
  auto const words = std::make_shared<typed>();
  auto* const compare = program.add_subcommand(
      "compare", "Put fibers, threads, processes and serial calls side by side");
  compare->add_option("WORKLOAD", words->workloads,
                      fmt::format("What to run: {}; the first four if none is named",
                                  fmt::join(workload_names(), ", ")));
  compare
      ->add_option("--models", words->models,
                   fmt::format("Models, of {}", fmt::join(model_names(), ",")))
      ->capture_default_str();
  compare->add_option("--tasks", words->tasks, "Numbers of tasks, such as 10,1000");
  compare->add_option("--repeat", words->repeat, "Runs of each cell; the median is shown")
      ->capture_default_str();
  compare->add_option("--limit", words->limit, "Seconds after which a cell is stopped")
      ->capture_default_str();
  compare->add_option("--file", words->files, "Text files for books, up to the next option")
      ->expected(1, -1);
  compare->add_option("--json", words->json_file, "A file for every repetition's raw figures");
  compare->footer(footer());
  compare->callback([words, &exit_code] { exit_code = run_comparison(understand(*words)); });

  auto* const cell = program.add_subcommand(cell_command, "")->group("");
  cell->callback([&exit_code] { exit_code = run_cell(); });
}

}  // namespace demos::compare
