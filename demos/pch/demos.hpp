// SPDX-License-Identifier: BSL-1.0
/// What nearly every file of the command includes, parsed once for all of them.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <coir/coir.hpp>
