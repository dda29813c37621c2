// SPDX-License-Identifier: BSL-1.0
/// How many exceptions unwind the running task's stack.

#pragma once

#include <exception>

#include <coir/wait/task_core.hpp>

#include "wait/ready_queue.hpp"

namespace coir::detail {

/// std::uncaught_exceptions(), which asks for the thread's state each time: a worker has it at hand.
inline unsigned exceptions_in_flight(task_core const& self) noexcept {
  return self.kind == task_kind::fiber ? self.home->exceptions->uncaught
                                       : static_cast<unsigned>(std::uncaught_exceptions());
}

}  // namespace coir::detail
