// SPDX-License-Identifier: BSL-1.0
/// Types in messages.

#pragma once

#include <string>
#include <typeinfo>

namespace coir::detail {

/// The type's name, as it is written in code.
std::string type_name(std::type_info const& type);

}  // namespace coir::detail
