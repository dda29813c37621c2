// SPDX-License-Identifier: BSL-1.0
/// Who waits for whom, in words.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <coir/model/task_info.hpp>

namespace coir::detail {

/// Says what tasks wait for, and finds those that wait for each other in a circle.
/// `tasks` outlives it.
class wait_graph {
 public:
  explicit wait_graph(std::vector<task_info> const& tasks);

  /// "NAME waits in OPERATION for NAME, NAME", or what else it is doing; with what a run in debug mode
  /// has noted.
  [[nodiscard]] std::string describe(task_info const& task) const;

  /// One line per task, each indented by two blanks, then one per circle. Long lists are cut.
  [[nodiscard]] std::string describe_all() const;

  /// "NAME -> NAME -> NAME" for circles in the graph; each task stands in one of them at most.
  [[nodiscard]] std::vector<std::string> circles() const;

 private:
  [[nodiscard]] std::string name_of(std::uint64_t id) const;
  [[nodiscard]] std::string notes(task_info const& task) const;
  [[nodiscard]] std::string whom(task_info const& task) const;

  std::vector<task_info> const& tasks_;
  std::unordered_map<std::uint64_t, std::size_t> place_;  // of each id in tasks_
};

}  // namespace coir::detail
