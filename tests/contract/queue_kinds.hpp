// SPDX-License-Identifier: BSL-1.0
/// Every kind of queue, for tests of what all of them promise.

#pragma once

#include <cstddef>

#include <gtest/gtest.h>

#include <coir/coir.hpp>

namespace contract {

/// Whether processes can share a queue of these items.
template <class T>
inline constexpr bool shareable = coir::detail::copied_as_bytes<T> || coir::portable<T>;

/// Whether processes share this queue.
template <class Queue>
constexpr bool is_shared(Queue const&) noexcept {
  return false;
}
template <class T>
constexpr bool is_shared(coir::shared<coir::queue<T>> const&) noexcept {
  return true;
}

/// Calls `f` with a new queue of each kind that is first in, first out: one of this process, and one that
/// processes share. Both hold `capacity` items; 0: any number, which for memory that is shared is many.
template <class T, class F>
void on_each_fifo(std::size_t capacity, F f) {
  {
    SCOPED_TRACE("queue");
    f(coir::queue<T>(capacity));
  }
  if constexpr (shareable<T>) {
    SCOPED_TRACE("shared<queue>");
    f(coir::shared<coir::queue<T>>(capacity == 0 ? 1000 : capacity));
  }
}

/// The same with each kind that holds items, whatever its order.
template <class T, class F>
void on_each_store(std::size_t capacity, F f) {
  on_each_fifo<T>(capacity, f);
  {
    SCOPED_TRACE("lifo_queue");
    f(coir::lifo_queue<T>(capacity));
  }
  {
    SCOPED_TRACE("priority_queue");
    f(coir::priority_queue<T>(capacity));
  }
}

/// The same, and with a rendezvous.
template <class T, class F>
void on_each_kind(std::size_t capacity, F f) {
  on_each_store<T>(capacity, f);
  SCOPED_TRACE("rendezvous");
  f(coir::rendezvous<T>());
}

/// Calls `f` with a queue of each kind into which nothing can be put without waiting: those that hold
/// items hold one `item`.
template <class T, class F>
void on_each_full_kind(T item, F f) {
  on_each_store<T>(1, [&](auto q) {
    q.put(item);
    f(q);
  });
  SCOPED_TRACE("rendezvous");
  f(coir::rendezvous<T>());
}

}  // namespace contract
