// SPDX-License-Identifier: BSL-1.0
/// Warnings: what a program should know of and nobody can be thrown at.

#pragma once

#include <functional>
#include <string>

#include <coir/base/config.hpp>

namespace coir {

/// Called with a warning: a task that swallows its cancel, runs too long without suspending, or a run
/// in which nothing can run any more. By default a line on stderr, which begins with "coir: ". What
/// the handler throws is dropped, and the line printed.
///
/// Returns the handler so far. A handler must not block.
///   Thread: any; the handler may be called on any.
using warning_handler = std::function<void(std::string const& warning)>;
COIR_EXPORT warning_handler set_warning_handler(warning_handler handler);

namespace detail {

/// Hands `text` to the warning handler.
COIR_EXPORT COIR_COLD void warn(std::string const& text) noexcept;

}  // namespace detail
}  // namespace coir
