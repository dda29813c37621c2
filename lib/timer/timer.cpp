// SPDX-License-Identifier: BSL-1.0
/// The heap.

#include <coir/timer/timer.hpp>

#include <algorithm>

namespace coir::detail {

void timer_queue::set(timer& added, time_point when) {
  heap_.push_back({when, &added});
  added.order = next_order_++;
  sift_up(heap_.size() - 1, {when, &added});
}

void timer_queue::cancel(timer& gone) noexcept {
  if (!gone.is_set()) return;
  std::size_t const hole = gone.slot;
  gone.slot = timer::unset;
  entry const last = heap_.back();
  heap_.pop_back();
  if (hole == heap_.size()) return;
  // The last entry fills the hole; it may belong above it or below.
  if (hole > 0 && before(last, heap_[(hole - 1) / 4])) {
    sift_up(hole, last);
  } else {
    sift_down(hole, last);
  }
}

bool timer_queue::fire_due(time_point now) noexcept {
  std::uint64_t const until = next_order_;  // a timer that sets itself anew must not hold us here
  bool fired = false;
  while (!heap_.empty() && heap_.front().when <= now && heap_.front().what->order < until) {
    timer& due = *heap_.front().what;
    cancel(due);
    due.fire(due);
    fired = true;
  }
  return fired;
}

void timer_queue::sift_up(std::size_t slot, entry e) noexcept {
  while (slot > 0) {
    std::size_t const parent = (slot - 1) / 4;
    if (!before(e, heap_[parent])) break;
    place(slot, heap_[parent]);
    slot = parent;
  }
  place(slot, e);
}

void timer_queue::sift_down(std::size_t slot, entry e) noexcept {
  std::size_t const size = heap_.size();
  for (;;) {
    std::size_t const first = slot * 4 + 1;
    if (first >= size) break;
    std::size_t least = first;
    for (std::size_t child = first + 1; child < std::min(first + 4, size); ++child)
      if (before(heap_[child], heap_[least])) least = child;
    if (!before(heap_[least], e)) break;
    place(slot, heap_[least]);
    slot = least;
  }
  place(slot, e);
}

}  // namespace coir::detail
