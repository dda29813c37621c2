// SPDX-License-Identifier: BSL-1.0
/// Naming a place in the machine code.

#pragma once

#include <string>

namespace coir::detail {

/// "program+0x1234" for the address that a call returns to: what `addr2line -Cfie program 0x1234` turns into
/// a line of source code. Empty if nothing is mapped there.
std::string describe_return_address(void const* address);

}  // namespace coir::detail
