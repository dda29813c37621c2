// SPDX-License-Identifier: BSL-1.0
/// The lock inside every primitive: one word, held for a few instructions, never across user code.

#pragma once

#include <atomic>

#include <coir/base/config.hpp>

namespace coir::detail {

/// Mutual exclusion for sections of a few dozen instructions that call no user code, allocate
/// nothing and suspend nothing.
///
/// While the process has never had a second thread, taking it is a plain store. std::mutex was not
/// chosen because its unlock is a second locked instruction, and because it would cost 40 bytes in
/// every primitive and every task.
/// Thread: any.
class spin_lock {
 public:
  void lock() noexcept {
    if (single_threaded()) {
      held_.store(true, std::memory_order_relaxed);
    } else if (held_.exchange(true, std::memory_order_acquire)) [[unlikely]] {
      lock_contended();
    }
  }

  void unlock() noexcept { held_.store(false, std::memory_order_release); }

 private:
  COIR_EXPORT COIR_COLD void lock_contended() noexcept;

  std::atomic<bool> held_{false};
};

}  // namespace coir::detail
