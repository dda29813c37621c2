// SPDX-License-Identifier: BSL-1.0
/// Stacks of the process, for what outlives a run and its worker.

#pragma once

#include <cstddef>

#include "context/stack.hpp"

namespace coir::detail {

/// A stack of at least `size` bytes, 0 for as many as a task's has, on which nobody runs.
///   Throws: as stack_pool::take(), and nothing has changed.
///   Thread: any.
stack& take_shared_stack(std::size_t size);

/// Gives back a stack that nobody will run on again.
///   Thread: any.
void give_back_shared_stack(stack& unused) noexcept;

}  // namespace coir::detail
