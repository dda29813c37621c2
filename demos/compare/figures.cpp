// SPDX-License-Identifier: BSL-1.0
/// Medians and spreads.
#include "figures.hpp"

#include <algorithm>
#include <functional>

namespace demos::compare {
namespace {

// The middle one; of an even number the mean of the two in the middle.
template <class T>
T middle(std::vector<repetition> const& from, T figures::*which) {
  std::vector<T> values;
  for (auto const& repetition : from) values.push_back(repetition.measured.*which);
  std::ranges::sort(values);
  auto const half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double wall_of(repetition const& r) { return r.measured.wall; }

}  // namespace

std::string_view name_of(ending how) {
  switch (how) {
    case ending::finished: return "finished";
    case ending::stopped: return "stopped";
    case ending::refused: return "refused";
    case ending::failed: return "failed";
    case ending::crashed: return "crashed";
  }
  return "unknown";
}

repetition const* row::broken() const {
  auto const is_broken = [](repetition const& r) { return r.how != ending::finished; };
  auto const found = std::ranges::find_if(repetitions, is_broken);
  return found == repetitions.end() ? nullptr : &*found;
}

std::optional<figures> row::median() const {
  if (repetitions.empty() || broken() != nullptr) return std::nullopt;
  return figures{.wall = middle(repetitions, &figures::wall),
                 .cpu = middle(repetitions, &figures::cpu),
                 .memory = middle(repetitions, &figures::memory),
                 .voluntary = middle(repetitions, &figures::voluntary),
                 .involuntary = middle(repetitions, &figures::involuntary)};
}

double row::quickest() const {
  return wall_of(*std::ranges::min_element(repetitions, {}, wall_of));
}

double row::slowest() const { return wall_of(*std::ranges::max_element(repetitions, {}, wall_of)); }

row const* block::find(std::string_view model) const {
  auto const found = std::ranges::find(rows, model, &row::model);
  return found == rows.end() ? nullptr : &*found;
}

std::optional<double> block::wall(std::string_view model) const {
  auto const* const its_row = find(model);
  auto const its_median = its_row == nullptr ? std::nullopt : its_row->median();
  return its_median ? std::optional(its_median->wall) : std::nullopt;
}

}  // namespace demos::compare
