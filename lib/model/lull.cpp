// SPDX-License-Identifier: BSL-1.0
/// Standing in line for a lull, and being served.

#include "model/lull.hpp"

#include <algorithm>
#include <mutex>

#include <coir/cancel/suspend.hpp>
#include <coir/time/deadline.hpp>

namespace coir::detail {

using guard = std::lock_guard<spin_lock>;

void lull::await(task_core& self, std::chrono::nanoseconds cushion) {
  waiter node(self, cushion);
  lock_.lock();
  waiters_.push_back(node);
  if (suspend(self, lock_, node, "testing::wait_all_blocked") == wake_reason::cancelled)
    deliver(self);
}

bool lull::serve(time_point now, std::size_t turns) noexcept {
  if (turns != turns_) {
    turns_ = turns;
    since_ = now;
  }
  wake_chain woken;
  bool any = false;
  {
    guard const held(lock_);
    auto const cushion = shortest();
    if (now < deadline_after(since_, cushion)) return false;
    waiters_.for_each([&](waiter& each) {
      if (each.cushion != cushion) return;
      each.unlink();
      if (!claim(*each.task, wake_reason::fulfilled)) return;
      woken.add(each.task);
      any = true;
    });
  }
  woken.wake_all();
  return any;
}

time_point lull::due() const noexcept {
  return anyone() ? deadline_after(since_, shortest()) : never;
}

std::chrono::nanoseconds lull::shortest() const noexcept {
  auto least = std::chrono::nanoseconds::max();
  waiters_.for_each([&least](waiter const& each) { least = std::min(least, each.cushion); });
  return least;
}

void lull::enter(waiter& own) noexcept {
  guard const held(lock_);
  waiters_.push_back(own);
}

void lull::leave(waiter& own) noexcept {
  guard const held(lock_);
  own.unlink();
}

bool lull::contains(task_core const& task) noexcept {
  guard const held(lock_);
  bool found = false;
  waiters_.for_each([&](waiter const& each) { found = found || each.task == &task; });
  return found;
}

}  // namespace coir::detail
