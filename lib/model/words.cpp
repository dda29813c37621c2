// SPDX-License-Identifier: BSL-1.0
/// Three digits and a unit; a file and a line.

#include "model/words.hpp"

#include <cstddef>
#include <cstdio>
#include <iterator>

#include "sys/code_address.hpp"

namespace coir::detail {

std::string in_words(std::chrono::nanoseconds time) {
  struct unit {
    double seconds;
    char const* name;
  };
  // The first one that is no more than the time. Minutes and hours begin late: 90 s is clearer.
  constexpr unit units[] = {
      {3600 * 10, "h"}, {60 * 10, "min"}, {1, "s"}, {1e-3, "ms"}, {1e-6, "us"}};
  constexpr double sizes[] = {3600, 60, 1, 1e-3, 1e-6};
  double const seconds = static_cast<double>(time.count()) / 1e9;
  char text[64];
  for (std::size_t i = 0; i < std::size(units); ++i) {
    if (seconds < units[i].seconds) continue;
    double const value = seconds / sizes[i];
    std::snprintf(text, sizeof text, value < 999.5 ? "%.3g %s" : "%.0f %s", value, units[i].name);
    return text;
  }
  return std::to_string(time.count()) + " ns";
}

std::string spawned_at(task_notes const& notes) {
  if (notes.file == nullptr) return describe_return_address(notes.spawned_from);
  std::string const path = notes.file;
  return path.substr(path.rfind('/') + 1) + ":" + std::to_string(notes.line);
}

}  // namespace coir::detail
