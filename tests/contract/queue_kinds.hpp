// SPDX-License-Identifier: BSL-1.0
/// Every kind of queue, for tests of what all of them promise.

#pragma once

#include <cstddef>

#include <gtest/gtest.h>

#include <coir/coir.hpp>

namespace contract {

/// Calls `f` with a new queue of each kind that holds items; 0: any number, else `capacity`.
template <class T, class F>
void on_each_store(std::size_t capacity, F f) {
  {
    SCOPED_TRACE("queue");
    f(coir::queue<T>(capacity));
  }
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
