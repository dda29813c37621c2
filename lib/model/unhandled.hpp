// SPDX-License-Identifier: BSL-1.0
/// Where an exception goes that nobody is left to ask for.

#pragma once

#include <exception>

#include <coir/wait/task_core.hpp>

namespace coir::detail {

/// Tells the unhandled-exception handler of `task`'s exception.
void report_unhandled(task_core& task, std::exception_ptr error) noexcept;

}  // namespace coir::detail
