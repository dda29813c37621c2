// SPDX-License-Identifier: BSL-1.0
/// Telling a run that sleeps of what happens outside.

#include "wait/outside.hpp"

#include <mutex>

#include <coir/sys/futex.hpp>

#include "wait/inbox.hpp"
#include "wait/parker.hpp"

namespace coir::detail {

using guard = std::lock_guard<spin_lock>;

void outside::expect_less() noexcept {
  if (expected_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  guard const held(lock_);
  if (bell_ >= 0) ring_bell(bell_);
  if (sleeper_ != nullptr) rouse(*sleeper_);
}

void outside::call() noexcept {
  guard const held(lock_);
  called_ = true;
  if (sleeper_ != nullptr) rouse(*sleeper_);
}

void outside::attend_if_called() noexcept {
  {
    guard const held(lock_);
    if (!called_ || attending_) return;
    called_ = false;
    attending_ = true;
  }
  bool done = false;
  try {
    attend();
    done = true;
  } catch (...) {  // no memory for a task: the caller comes again
  }
  guard const held(lock_);
  attending_ = false;
  called_ = called_ || !done;
}

void outside::close(time_point) noexcept {
  guard const held(lock_);
  bell_ = -1;
}

bool outside::sleep(task_core& self, time_point until) noexcept {
  // Announced before the look: who is no longer expected after it finds us asleep, and rouses.
  std::uint32_t const at = announce_sleep(self);
  {
    guard const held(lock_);
    if (called_ && !attending_) return true;
    if (until == never && !expects_someone()) return false;
    sleeper_ = &self;
  }
  if ((at & word::woken) == 0) futex_wait(self.word, at, until);
  guard const held(lock_);
  sleeper_ = nullptr;
  return true;
}

}  // namespace coir::detail
