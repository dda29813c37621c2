// SPDX-License-Identifier: BSL-1.0
/// What is to be done before a task first looks whether it is cancelled.

#pragma once

#include <atomic>

namespace coir::detail {

/// Null: nothing. A process that was made for a task begins to listen for a cancel then: so one whose task only
/// computes needs no thread for that.
extern std::atomic<void (*)() noexcept> before_first_look;

/// To be called wherever code learns of a cancel, or makes what a cancel goes on to. A task whose first look it
/// must be has one operation left in its turn, so that checkpoint() comes here.
inline void look_first() noexcept {
  if (auto const begin = before_first_look.load(std::memory_order_relaxed); begin != nullptr)
      [[unlikely]]
    begin();
}

}  // namespace coir::detail
