// SPDX-License-Identifier: BSL-1.0
/// lifo_queue<T>: the newest item first.

#pragma once

#include <cstddef>

#include <coir/queue/basic_queue.hpp>

namespace coir {
namespace detail {

/// The order of a stack. An item that is put while a getter waits goes to that getter: it is the
/// only one, and so the newest.
template <class T>
class lifo_store : public chain_store<T> {
 public:
  static constexpr char const* put_name = "lifo_queue::put";
  static constexpr char const* get_name = "lifo_queue::get";

  void push(cell<T>& added) noexcept { this->items_.push_front(added); }
  /// What has been put meanwhile is newer.
  void put_back(cell<T>& returned) noexcept {
    this->insert(returned, [](auto& other, auto& own) { return other.rank > own.rank; });
  }
};

}  // namespace detail

/// A queue of `T` that gives the newest item first. What it can do stands in basic_queue.
///
/// Getters and putters themselves are served first come, first served; an item counts as put when it
/// is let in. One that comes back because it could not be moved is as old as it was.
/// Mirrors: asyncio.LifoQueue.
template <class T>
class lifo_queue : public detail::basic_queue<T, detail::lifo_store<T>> {
 public:
  /// Holds at most `capacity` items; 0: any number, as in asyncio.
  explicit lifo_queue(std::size_t capacity = 0)
      : detail::basic_queue<T, detail::lifo_store<T>>(detail::room_for(capacity)) {}
};

}  // namespace coir
