// SPDX-License-Identifier: BSL-1.0
/// Words for waits, and a search for circles.

#include "model/wait_graph.hpp"

#include <algorithm>

#include "model/words.hpp"

namespace coir::detail {
namespace {

constexpr std::size_t most_tasks = 100;  // lines of a description
constexpr std::size_t most_names = 8;    // tasks named as waited for by one

}  // namespace

wait_graph::wait_graph(std::vector<task_info> const& tasks) : tasks_(tasks) {
  for (std::size_t i = 0; i < tasks.size(); ++i) place_.emplace(tasks[i].id, i);
}

std::string wait_graph::name_of(std::uint64_t id) const {
  auto const found = place_.find(id);
  return found != place_.end() ? tasks_[found->second].name : "task-" + std::to_string(id);
}

std::string wait_graph::describe(task_info const& task) const {
  std::string const what = task.state == task_state::parked
                               ? " waits in " + task.waits_in + whom(task)
                               : std::string(" is ") + to_string(task.state);
  return task.name + what + notes(task);
}

/// " (for 1.2 s; spawned at main.cpp:42 by NAME)"
std::string wait_graph::notes(task_info const& task) const {
  std::string text;
  if (task.waits_since) text += "for " + in_words(now() - *task.waits_since);
  if (!task.spawned_at.empty() || task.spawned_by != 0) {
    text += text.empty() ? "spawned" : "; spawned";
    if (!task.spawned_at.empty()) text += " at " + task.spawned_at;
    if (place_.contains(task.spawned_by)) text += " by " + name_of(task.spawned_by);
  }
  return text.empty() ? text : " (" + text + ")";
}

/// " for NAME, NAME and 3 more"
std::string wait_graph::whom(task_info const& task) const {
  std::string text;
  std::size_t const named = std::min(task.waits_for.size(), most_names);
  for (std::size_t i = 0; i < named; ++i)
    text += (i == 0 ? " for " : ", ") + name_of(task.waits_for[i]);
  if (named < task.waits_for.size())
    text += " and " + std::to_string(task.waits_for.size() - named) + " more";
  return text;
}

std::string wait_graph::describe_all() const {
  std::string text;
  std::size_t const told = std::min(tasks_.size(), most_tasks);
  for (std::size_t i = 0; i < told; ++i) text += "\n  " + describe(tasks_[i]);
  if (told < tasks_.size())
    text += "\n  and " + std::to_string(tasks_.size() - told) + " more tasks";
  for (std::string const& circle : circles()) text += "\n  in a circle: " + circle;
  return text;
}

/// A depth-first walk with a stack of its own, for a chain of waits may be as long as there are tasks.
std::vector<std::string> wait_graph::circles() const {
  enum class mark : unsigned char { unseen, on_path, done };
  struct step {
    std::size_t task;
    std::size_t next = 0;  // which of those it waits for is looked at next
  };
  std::vector<mark> marks(tasks_.size(), mark::unseen);
  std::vector<std::string> found;
  for (std::size_t start = 0; start < tasks_.size(); ++start) {
    if (marks[start] != mark::unseen) continue;
    std::vector<step> path{{start}};
    marks[start] = mark::on_path;
    while (!path.empty()) {
      step& at = path.back();
      auto const& waits_for = tasks_[at.task].waits_for;
      if (at.next == waits_for.size()) {
        marks[at.task] = mark::done;
        path.pop_back();
        continue;
      }
      auto const target = place_.find(waits_for[at.next++]);
      if (target == place_.end() || marks[target->second] == mark::done) continue;
      if (marks[target->second] == mark::unseen) {
        marks[target->second] = mark::on_path;
        path.push_back({target->second});
        continue;
      }
      auto const first = std::find_if(
          path.begin(), path.end(), [&](step const& each) { return each.task == target->second; });
      std::string circle;
      for (auto each = first; each != path.end(); ++each)
        circle += tasks_[each->task].name + " -> ";
      found.push_back(circle + tasks_[target->second].name);
    }
  }
  return found;
}

}  // namespace coir::detail
