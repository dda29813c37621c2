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
#include "pool/pool_list.hpp"

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
  struct branch {
    std::size_t place;   // in `tasks`
    std::string before;  // what stands in front of it, and of its parent's other children
    bool root;
    bool last;  // of its parent's
  };
  std::string text;
  std::vector<branch> to_tell;
  auto const add_below = [&](std::uint64_t id, std::string const& before, bool roots) {
    auto const found = below.find(id);
    if (found == below.end()) return;
    bool last = true;
    for (auto at = found->second.rbegin(); at != found->second.rend(); ++at) {
      to_tell.push_back({*at, before, roots, last});
      last = false;
    }
  };
  add_below(0, "", true);
  while (!to_tell.empty()) {
    branch const at = std::move(to_tell.back());
    to_tell.pop_back();
    if (!at.root) text.append(at.before).append(at.last ? "└─ " : "├─ ");
    text.append(line_of(graph, tasks[at.place])).append("\n");
    std::string const further = at.root ? "" : at.last ? "   " : "│  ";
    add_below(tasks[at.place].id, at.before + further, false);
  }
  for (std::string const& circle : graph.circles()) text += "in a circle: " + circle + "\n";
  return text + detail::describe_pools();
}

void dump_tasks(std::ostream& to) { to << dump_tasks(); }

}  // namespace coir
