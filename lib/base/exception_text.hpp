// SPDX-License-Identifier: BSL-1.0
/// Exceptions in messages.

#pragma once

#include <exception>
#include <string>

#include <coir/base/error.hpp>

namespace coir::detail {

/// "cancelled (deadline)", and what the reason says besides.
std::string text_of(cancelled const& error);

/// What it says; nothing if its what() gives null.
std::string text_of(std::exception const& error);

/// In a handler: what the exception says, or that it cannot.
std::string text_of_current_exception();

/// The same of one that is not null.
std::string text_of(std::exception_ptr const& error);

}  // namespace coir::detail
