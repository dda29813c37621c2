// SPDX-License-Identifier: BSL-1.0
/// Results for people, and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../compare/machine.hpp"
#include "sample.hpp"

namespace demos::bench {

/// What stands above the lines: what a floor is, and the columns.
std::string heading(double floor);

/// A row: ns, raw switches (median, least to most), and how many times as long as its peers it took in
/// the same run.
std::string line(result const& of);

/// The figures of one row, and their way back.
nlohmann::json sides_as_json(result const& of);
void read_sides(nlohmann::json const& text, result& into);

/// Every repetition, with the day, the machine and the versions it ran on.
nlohmann::json as_json(compare::machine_facts const& machine, plan const& how,
                       std::vector<result> const& results);

}  // namespace demos::bench
