// SPDX-License-Identifier: BSL-1.0
/// Lists of models with their figures.
#include "lesson.hpp"

#include <algorithm>

namespace demos::compare {
namespace {

auto finishers(block const& b) {
  return std::ranges::count_if(b.rows, [](row const& r) { return r.median().has_value(); });
}

}  // namespace

block const* most_telling(sheet const& all) {
  block const* best = nullptr;
  for (auto const& candidate : all.blocks) {
    auto const count = finishers(candidate);
    if (count == 0) continue;
    // What people come for is coir beside threads: a block counts as full without `serial`, and without
    // the processes, of which there cannot be as many.
    auto const full = [](block const& b) {
      return std::ranges::all_of(b.rows, [](row const& r) {
        return r.model == "serial" || r.model == "processes" || r.median().has_value();
      });
    };
    if (best == nullptr || full(candidate) > full(*best) ||
        (full(candidate) == full(*best) && candidate.tasks > best->tasks)) {
      best = &candidate;
    }
  }
  return best;
}

std::string listed(block const& at, std::function<std::string(double)> const& show,
                   std::string_view leave_out) {
  std::string list;
  for (auto const& each : at.rows) {
    if (each.model == leave_out) continue;
    auto const* const broken = each.broken();
    auto const wall = at.wall(each.model);
    if (broken == nullptr && !wall) continue;
    if (!list.empty()) list += ", ";
    list += std::string(each.model) + ' ';
    list += wall ? show(*wall) : std::string(name_of(broken->how));
  }
  return list;
}

}  // namespace demos::compare
