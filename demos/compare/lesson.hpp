// SPDX-License-Identifier: BSL-1.0
/// What the workloads' sentences have in common: lists of models with their figures.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "figures.hpp"

namespace demos::compare {

/// The block in which most models finished, and of several the one with most tasks; nullptr if
/// none finished anywhere.
block const* most_telling(sheet const& all);

/// "fibers 24.1 ms, threads 61.0 ms", for the models that finished; a model that did not finish is
/// listed with its reason in one word. `leave_out` is not listed.
std::string listed(block const& at, std::function<std::string(double)> const& show,
                   std::string_view leave_out = {});

}  // namespace demos::compare
