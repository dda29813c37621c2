// SPDX-License-Identifier: BSL-1.0
/// queue<T>: items from those who have them to those who want them, in order.

#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include <coir/queue/basic_queue.hpp>
#include <coir/queue/shared_body.hpp>

namespace coir {

/// A queue of `T`: first in, first out. What it can do stands in basic_queue.
///
/// Made in a run on `processes`, a queue of items that can go from one process to another lies in memory
/// that processes share, as a shared<queue<T>> does, and may be an argument of a task (P5). It always has
/// an end then, and so has each item that is packed, at 64 KiB; and select() does not know it. One that was
/// made elsewhere is refused as an argument.
/// Mirrors: asyncio.Queue, with hand-off.
template <class T>
class queue : public detail::basic_queue<T, detail::fifo_store<T>> {
  using base = detail::basic_queue<T, detail::fifo_store<T>>;

 public:
  /// Holds at most `capacity` items; 0: any number, as in asyncio, but in a run on `processes` at most
  /// 65,536, and 8,192 of such as are packed.
  explicit queue(std::size_t capacity = 0) : base(detail::room_for(capacity)) {
    if constexpr (detail::shareable<T>) {
      if (detail::on_processes())
        this->lie_in(detail::shared_queue_body::make(
            capacity != 0 ? capacity : most_elsewhere,
            detail::shared_item<T>::shape(detail::usual_item_bytes)));
    }
  }

 private:
  static constexpr std::size_t most_elsewhere = detail::copied_as_bytes<T> ? 65'536 : 8'192;

  explicit queue(std::shared_ptr<detail::shared_queue_body> where) : base(std::size_t{1}) {
    this->lie_in(std::move(where));
  }

  friend void save(output_archive& out, queue const& value) requires(detail::shareable<T>) {
    detail::shared_queue_body* const where = value.elsewhere();
    if (where == nullptr) detail::refuse_local_queue(out.argument);
    where->pack(out);
  }
  friend queue load(input_archive& in, std::type_identity<queue>) requires(detail::shareable<T>) {
    return queue(detail::shared_queue_body::unpack(in, !detail::copied_as_bytes<T>));
  }
};

}  // namespace coir
