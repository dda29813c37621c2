// SPDX-License-Identifier: BSL-1.0
/// A length that a person reads at a glance.
#pragma once

#include <cstddef>
#include <string>

namespace demos::compare {

/// A bar of `part` (0 to 1) of `width` characters, in eighths of one; never quite nothing.
std::string bar(double part, std::size_t width);

/// A bar that runs off the page: it would be longer than there is room for.
std::string endless_bar(std::size_t width);

}  // namespace demos::compare
