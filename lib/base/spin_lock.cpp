// SPDX-License-Identifier: BSL-1.0
/// Waiting for a spin_lock that another thread holds.

#include <coir/base/spin_lock.hpp>

#include <sched.h>

#include <coir/base/relax.hpp>

namespace coir::detail {

void spin_lock::lock_contended() noexcept {
  // The holder needs some dozen instructions, unless it was preempted inside them: then spinning
  // only keeps it off the CPU, so the turn is given away after about a microsecond.
  for (;;) {
    for (int spins = 0; spins < 64; ++spins) {
      if (!held_.load(std::memory_order_relaxed) &&
          !held_.exchange(true, std::memory_order_acquire))
        return;
      relax();
    }
    ::sched_yield();
  }
}

}  // namespace coir::detail
