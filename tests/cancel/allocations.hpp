// SPDX-License-Identifier: BSL-1.0
/// An operator new that fails when a test says so.

#pragma once

#include <functional>
#include <new>

#include <coir/wait/task_core.hpp>

namespace scarce {

/// The allocations that one task makes on this thread, until one of them has failed.
struct allocations {
  coir::detail::task_core* of = nullptr;  // null: nobody's fail
  int left = 0;                           // before one fails
  std::function<void()> meanwhile;        // called when one is about to fail

  void count() {
    if (of == nullptr || of != coir::detail::current_task() || left-- > 0) return;
    of = nullptr;
    if (meanwhile) meanwhile();
    throw std::bad_alloc();
  }
};
inline thread_local allocations of_this_thread;

}  // namespace scarce
