// SPDX-License-Identifier: BSL-1.0
/// Results for people, and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../compare/machine.hpp"
#include "sample.hpp"

namespace demos::bench {

/// A table: ns, raw switches (median, least to most), and how Boost.Fiber did in the same run.
std::string table(std::vector<result> const& results);

/// Every repetition, with the day, the machine and the versions it ran on.
nlohmann::json as_json(compare::machine_facts const& machine, plan const& how,
                       std::vector<result> const& results);

}  // namespace demos::bench
