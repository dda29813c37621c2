// SPDX-License-Identifier: BSL-1.0
/// queue<T>: items from those who have them to those who want them, in order.

#pragma once

#include <cstddef>

#include <coir/queue/basic_queue.hpp>

namespace coir {

/// A queue of `T`: first in, first out. What it can do stands in basic_queue.
/// Mirrors: asyncio.Queue, with hand-off.
template <class T>
class queue : public detail::basic_queue<T, detail::fifo_store<T>> {
 public:
  /// Holds at most `capacity` items; 0: any number, as in asyncio.
  explicit queue(std::size_t capacity = 0)
      : detail::basic_queue<T, detail::fifo_store<T>>(detail::room_for(capacity)) {}
};

}  // namespace coir
