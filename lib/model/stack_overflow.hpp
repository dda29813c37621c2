// SPDX-License-Identifier: BSL-1.0
/// Whose stack it was that overflowed, on the models whose tasks have stacks of ours.

#pragma once

#include "context/overflow.hpp"

namespace coir::detail {

/// Fills `report` if `address` lies in the guard of the running task's stack. Async-signal-safe.
bool is_overflow(void const* address, overflow_report& report) noexcept;

}  // namespace coir::detail
