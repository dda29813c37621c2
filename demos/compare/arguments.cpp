// SPDX-License-Identifier: BSL-1.0
/// Names, numbers and their nearest neighbours.
#include "arguments.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>
#include <utility>

#include "units.hpp"

namespace demos::compare {
namespace {

template <class T>
void add_once(std::vector<T>& list, T item) {
  if (std::ranges::find(list, item) == list.end()) list.push_back(item);
}

// How many letters to add, drop or change to get from one word to the other.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= to.size(); ++j) {
      std::size_t const change = diagonal + (from[i - 1] == to[j - 1] ? 0U : 1U);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
    }
  }
  return row.back();
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The number, or nothing if it is none or does not fit.
template <class T>
std::optional<T> number(std::string_view typed) {
  T value{};
  auto const [end, error] = std::from_chars(typed.data(), typed.data() + typed.size(), value);
  if (error != std::errc() || end != typed.data() + typed.size()) return std::nullopt;
  return value;
}

std::uint64_t parse_count(std::string_view typed) {
  auto const help = fmt::format("give counts from 1 to {}, such as --tasks 10,1000", most_tasks);
  auto const count = number<std::uint64_t>(typed);
  if ((count && *count > most_tasks) || (!count && all_digits(typed))) {
    throw usage_error(fmt::format("--tasks: {} tasks are too many for one cell; {}", typed, help));
  }
  if (!count) {
    throw usage_error(fmt::format("--tasks: '{}' is not a number of tasks; {}", typed, help));
  }
  if (*count == 0) throw usage_error("--tasks: 0 tasks would do nothing; " + help);
  return *count;
}

}  // namespace

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  for (;;) {
    auto const comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

std::string_view nearest(std::string_view typed, std::span<std::string_view const> valid) {
  auto const by_distance = [&](std::string_view name) { return distance(typed, name); };
  auto const best = std::ranges::min_element(valid, {}, by_distance);
  if (best == valid.end() || typed.empty()) return {};
  // Half of the letters wrong is another word, not a slip; a beginning is always one.
  bool const alike = by_distance(*best) * 2 <= best->size() || best->starts_with(typed);
  return alike ? *best : std::string_view();
}

void unknown(std::string_view kind, std::string_view typed,
             std::span<std::string_view const> valid) {
  auto const near = nearest(typed, valid);
  auto const hint = near.empty() ? std::string() : fmt::format("; did you mean '{}'?", near);
  throw usage_error(fmt::format("unknown {} '{}'{}{} valid: {}", kind, typed, hint,
                                hint.empty() ? ";" : "", fmt::join(valid, ", ")));
}

std::vector<std::string_view> parse_names(std::string_view kind,
                                          std::vector<std::string> const& typed,
                                          std::span<std::string_view const> valid) {
  std::vector<std::string_view> names;
  for (auto const& each : typed) {
    auto const found = std::ranges::find(valid, each);
    if (found == valid.end()) unknown(kind, each, valid);
    add_once(names, *found);
  }
  return names;
}

std::vector<std::uint64_t> parse_tasks(std::string_view list) {
  std::vector<std::uint64_t> counts;
  for (auto const& each : split(list)) add_once(counts, parse_count(each));
  return counts;
}

std::size_t parse_repeat(std::string_view typed) {
  auto const count = number<std::size_t>(typed);
  if (count && *count >= 1 && *count <= 1000) return *count;
  throw usage_error(fmt::format("--repeat: '{}' is not a number from 1 to 1000", typed));
}

double parse_limit(std::string_view typed) {
  auto const seconds = number<double>(typed);
  if (seconds && *seconds >= 0.1 && *seconds <= 3600) return *seconds;
  throw usage_error(
      fmt::format("--limit: '{}' is not a number of seconds from 0.1 to 3600", typed));
}

}  // namespace demos::compare
