// SPDX-License-Identifier: BSL-1.0
/// rendezvous<T>: from hand to hand, with nothing in between.

#pragma once

#include <coir/queue/basic_queue.hpp>

namespace coir {
namespace detail {

/// Empty, but for what could not be moved out of a getter's hand (C5).
template <class T>
class rendezvous_store : public fifo_store<T> {
 public:
  static constexpr char const* put_name = "rendezvous::put";
  static constexpr char const* get_name = "rendezvous::get";
};

}  // namespace detail

/// A queue of `T` without room. What it can do stands in basic_queue, with these differences: put()
/// waits until somebody takes the item; try_put() succeeds only while a getter waits, try_get() only
/// while a putter does; size() and capacity() are 0.
///
/// The oldest putter and the oldest getter meet. An item counts as put when it is taken.
/// Mirrors: trio.open_memory_channel(0), Go's unbuffered channel.
template <class T>
class rendezvous : public detail::basic_queue<T, detail::rendezvous_store<T>> {
 public:
  rendezvous() : detail::basic_queue<T, detail::rendezvous_store<T>>(0) {}
};

}  // namespace coir
