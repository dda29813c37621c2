// SPDX-License-Identifier: BSL-1.0
/// Which process it is, in one word, and whether it still lives.

#pragma once

#include <cstdint>

#include <coir/sys/descriptor.hpp>

namespace coir::detail {

/// A process, by its number and the time at which it began: no other process ever has both. 0: none.
using process_identity = std::uint64_t;

/// The calling process.
///   Throws: std::system_error without /proc.
process_identity own_identity();

/// A descriptor that can be read once the process has ended, all of its threads included; none if it has
/// already, or if there is no descriptor left: `is_gone` tells which.
descriptor watch_process(process_identity process, bool& is_gone) noexcept;

/// Whether it has ended. One that cannot be asked has not.
bool is_gone(process_identity process) noexcept;

}  // namespace coir::detail
