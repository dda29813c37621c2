// SPDX-License-Identifier: BSL-1.0
/// priority_queue<T, Compare>: the smallest item first.

#pragma once

#include <cstddef>
#include <functional>
#include <utility>

#include <coir/queue/basic_queue.hpp>
#include <coir/queue/priority_store.hpp>

namespace coir {

/// A queue of `T` that gives the item first before which no other comes by `Compare`: the smallest
/// (unlike std::priority_queue). Equal ones come out in the order they were put. What it can do stands
/// in basic_queue.
///
/// Getters and putters themselves are served first come, first served; an item counts as put when it
/// is let in. To put costs no comparison: the takers compare, outside of the queue's lock. What a
/// comparison throws comes out of that get(), and the items stay. A comparison may wait, then other
/// takers wait for it, try_get() and deadlines included; it may put into this queue, and not take.
/// O(1) to put, O(log size) to take, averaged over many.
/// Mirrors: asyncio.PriorityQueue, with ties in order.
template <class T, class Compare = std::less<T>>
class priority_queue : public detail::basic_queue<T, detail::priority_store<T, Compare>> {
 public:
  /// Holds at most `capacity` items; 0: any number, as in asyncio.
  explicit priority_queue(std::size_t capacity = 0, Compare compare = Compare())
      : detail::basic_queue<T, detail::priority_store<T, Compare>>(detail::room_for(capacity),
                                                                   std::move(compare)) {}
};

}  // namespace coir
