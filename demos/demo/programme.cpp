// SPDX-License-Identifier: BSL-1.0
/// The demos in their order, and their sources.
#include <array>

#include "demo.hpp"
#include "sources.hpp"

namespace demos {

std::span<demo const* const> all_demos() {
  static constexpr std::array all{
      // First steps
      &hello_demo,
      &sum_demo,
      &rocket_demo,
      &count_demo,
      &say_after_demo,
      &round_robin_demo,
      &generators_demo,
      // Tasks
      &task_demo,
      &breakfast_demo,
      &squares_demo,
      &factorials_demo,
      &users_demo,
      &first_of_demo,
      &chain_demo,
      &random_demo,
      // Ending things
      &too_slow_demo,
      &shield_demo,
      // Sharing
      &lock_demo,
      &producers_demo,
      // Work
      &blocking_demo,
      &chess_demo,
      &requests_demo,
      &pipeline_demo,
      &books_demo,
  };
  return all;
}

std::string_view source_of(demo const& what) {
  for (source const& each : all_sources())
    if (each.name == what.name) return each.text;
  return {};
}

}  // namespace demos
