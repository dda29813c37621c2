// SPDX-License-Identifier: BSL-1.0
/// Looking for the other side of a shared queue for a moment, before sleeping.

#pragma once

#include <coir/base/relax.hpp>
#include <coir/time/clock.hpp>
#include <coir/wait/task_core.hpp>

namespace coir::detail {

/// The other side is about to do what is waited for, or it is not: to find out takes less than a
/// microsecond, and a futex takes more.
template <class Condition>
void spin_until(int between_looks, Condition&& holds) noexcept {
  constexpr int spins = 40;
  for (int i = 0; i < spins; i += between_looks) {
    for (int k = 0; k < between_looks; ++k) relax();
    if (holds()) return;
  }
}

/// Each look takes a line of the cache from the other side. Who waits for an item is often waited for in his turn,
/// and is to see it at once. Who waits for room has others behind him: he lets several items be taken before he
/// looks, or both sides would wait for that line at each.
inline constexpr int between_looks_for_an_item = 1;
inline constexpr int between_looks_for_room = 10;

/// A fiber has others to let run instead.
inline bool may_spin(task_core const& self, time_point deadline) noexcept {
  return self.kind != task_kind::fiber && self.kind != task_kind::boost_fiber &&
         deadline != time_point::min();
}

}  // namespace coir::detail
