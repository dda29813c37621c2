// SPDX-License-Identifier: BSL-1.0
/// The tree of tasks, as text.

#include <coir/inspect/inspect.hpp>

#include <cstddef>
#include <ostream>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <coir/base/check.hpp>

#include "model/runtime.hpp"
#include "model/wait_graph.hpp"

namespace coir {
namespace {

detail::runtime& run_here(char const* message) {
  detail::task_core* const self = detail::current_task();
  if (self == nullptr) detail::misuse(message);
  return *static_cast<detail::task_record*>(self)->run;
}

/// "loader waits in queue::get" with the number behind the name.
std::string line_of(detail::wait_graph const& graph, task_info const& task) {
  std::string line = graph.describe(task);
  return line.insert(task.name.size(), " #" + std::to_string(task.id));
}

}  // namespace

std::vector<task_info> all_tasks() {
  return run_here("coir: all_tasks() outside of a task; call it inside coir::run()").snapshot();
}

run_statistics statistics() {
  return run_here("coir: statistics() outside of a task; call it inside coir::run()").statistics();
}

std::string dump_tasks() {
  std::vector<task_info> const tasks =
      run_here("coir: dump_tasks() outside of a task; call it inside coir::run()").snapshot();
  detail::wait_graph const graph(tasks);

  std::unordered_map<std::uint64_t, std::vector<std::size_t>> below;
  std::unordered_set<std::uint64_t> known;
  for (task_info const& task : tasks) known.insert(task.id);
  for (std::size_t i = 0; i < tasks.size(); ++i)
    below[known.contains(tasks[i].parent) ? tasks[i].parent : 0].push_back(i);

  // With a stack of its own: groups may be nested as deeply as there are tasks.
  std::string text;
  std::vector<std::pair<std::size_t, std::size_t>> to_tell;  // place in `tasks`, depth
  auto const add_below = [&](std::uint64_t id, std::size_t depth) {
    auto const found = below.find(id);
    if (found == below.end()) return;
    for (auto at = found->second.rbegin(); at != found->second.rend(); ++at)
      to_tell.emplace_back(*at, depth);
  };
  add_below(0, 0);
  while (!to_tell.empty()) {
    auto const [place, depth] = to_tell.back();
    to_tell.pop_back();
    text.append(2 * depth, ' ').append(line_of(graph, tasks[place])).append("\n");
    add_below(tasks[place].id, depth + 1);
  }
  for (std::string const& circle : graph.circles()) text += "in a circle: " + circle + "\n";
  return text;
}

void dump_tasks(std::ostream& to) { to << dump_tasks(); }

}  // namespace coir
