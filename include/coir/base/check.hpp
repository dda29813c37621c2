// SPDX-License-Identifier: BSL-1.0
/// Misuse is checked in release builds too: a message says what happened and what to do.

#pragma once

#include <string_view>

#include <coir/base/config.hpp>

namespace coir::detail {

/// Throws std::logic_error. Nothing has been changed when it is called.
[[noreturn]] COIR_EXPORT COIR_COLD void misuse(char const* message);

/// Prints "coir: MESSAGE" to stderr and aborts: for broken invariants and for destructors, which
/// cannot throw.
[[noreturn]] COIR_EXPORT COIR_COLD void die(std::string_view message) noexcept;

}  // namespace coir::detail
