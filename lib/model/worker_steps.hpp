// SPDX-License-Identifier: BSL-1.0
/// The steps of a pool's worker, by number: for tests, which end it at each.

#pragma once

#include <atomic>

#include <coir/base/config.hpp>

namespace coir::detail {

/// A moment at which a worker may die between a call and its answer.
enum class worker_step : unsigned char {
  call_taken,   // it has the call, which goes to another worker if this one dies
  call_begun,   // from now on it is the call that fails
  call_made,    // the function has returned, or thrown
  answer_left,  // the answer lies in the lane, and who waits for it is not woken yet
  answered,     // he is; or it was sent
  count
};

/// What is called at each step; null: nothing.
COIR_EXPORT extern std::atomic<void (*)(worker_step at)> worker_step_hook;

inline void worker_reached(worker_step at) noexcept {
  if (auto const hook = worker_step_hook.load(std::memory_order_relaxed); hook != nullptr)
      [[unlikely]]
    hook(at);
}

}  // namespace coir::detail
