// SPDX-License-Identifier: BSL-1.0
/// shared<queue<T>>: items from one process to another, in order.

#pragma once

#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include <coir/model/packing.hpp>
#include <coir/queue/shared_body.hpp>
#include <coir/shared/shared.hpp>
#include <coir/time/deadline.hpp>

namespace coir {

template <class T>
class queue;

/// When an item of a shared queue is its taker's for good.
enum class ack {
  automatic,  // once get() has returned: if his process dies afterwards, it is gone
  manual      // once task_done() says that it has been dealt with: until then it goes back
};

namespace detail {

/// One whose items are kept by their takers until task_done().
COIR_EXPORT std::shared_ptr<shared_queue_body> make_acknowledged(std::size_t capacity,
                                                                 item_shape items);

}  // namespace detail

/// A queue of `T` that processes share: first in, first out.
///
/// Its functions are those of queue<T>, and so is what they mean. Besides: an item belongs to its taker
/// once get() has returned; if his process dies before, it is back at the head. While both sides are
/// busy, an item costs no system call.
///
/// With ack::manual an item is on loan until the process that got it says task_done(), which acknowledges the
/// oldest one that it has. If it dies before, or has no handle of the queue left, all that it has not
/// acknowledged is back at the head, in order, and another gets it: again, if it had been dealt with in
/// part. Nothing goes back while the process lives, even if the task that got it fails or is cancelled.
/// What is on loan does not count as queued, so who has an item can put others; it is unfinished, and
/// join() waits for it. In all, 512 items can be on loan.
///
/// Items are copied as bytes where they can be. Others are packed, as arguments of a task in another process
/// are (coir::portable says which can be): strings, containers, types with a `serialize` beside them.
/// Thread: any, of any process that has it.
template <class T>
class shared<queue<T>> {
  static_assert(detail::shareable<T>,
                "coir: the items of a shared queue go from one process to another: they must be "
                "trivially copyable or packed as coir::portable says, and neither pointers nor "
                "references, which mean nothing there");
  using item_type = detail::shared_item<T>;

 public:
  using value_type = T;

  /// Holds at most `capacity` items.
  ///   Throws: std::invalid_argument for 0, for memory that is shared has an end; std::system_error.
  explicit shared(std::size_t capacity, ack when = ack::automatic)
      : shared(capacity, detail::usual_item_bytes, when) {}
  /// The same of items that are packed, each into at most `most_bytes`. Memory is used as far as it was
  /// filled once.
  shared(std::size_t capacity, std::size_t most_bytes, ack when = ack::automatic)
      : body_(when == ack::manual
                  ? detail::make_acknowledged(capacity, item_type::shape(most_bytes))
                  : detail::shared_queue_body::make(capacity, item_type::shape(most_bytes))) {}

  /// Puts an item, parking until there is room.
  ///   Blocks: yes; a suspension point even when there is room.
  ///   Throws: cancelled, queue_shut_down; std::length_error if it is too big when it is packed; nothing
  ///   was put then.
  void put(T const& item) const { (void)body_->put(item_type::from(item), never); }
  /// The same, for no longer than `limit`: false, and nothing was put, then. Zero or less is one try.
  template <class Rep, class Period>
  [[nodiscard]] bool put_for(T const& item, std::chrono::duration<Rep, Period> limit) const {
    return put_until(item, detail::deadline_after(now(), limit));
  }
  [[nodiscard]] bool put_until(T const& item, time_point deadline) const {
    return body_->put(item_type::from(item), deadline);
  }
  /// Puts an item if there is room; never waits.
  ///   Throws: queue_shut_down.
  [[nodiscard]] bool try_put(T const& item) const { return body_->try_put(item_type::from(item)); }

  /// Takes the first item, parking until there is one.
  ///   Blocks: yes; a suspension point even when there is one.
  ///   Throws: cancelled, and then no item was taken; queue_shut_down once it is empty and shut down;
  ///   std::runtime_error if too many are not acknowledged (ack::manual); what unpacking or moving a T
  ///   throws, and then the item is back at the head.
  T get() const {
    typename item_type::taken item;
    (void)body_->get(item.into(), never);
    return item.take();
  }
  /// The same, for no longer than `limit`: nullopt then. Zero or less is one try.
  template <class Rep, class Period>
  [[nodiscard]] std::optional<T> get_for(std::chrono::duration<Rep, Period> limit) const {
    return get_until(detail::deadline_after(now(), limit));
  }
  [[nodiscard]] std::optional<T> get_until(time_point deadline) const {
    typename item_type::taken item;
    if (!body_->get(item.into(), deadline)) return std::nullopt;
    return std::optional<T>(std::in_place, item.take());
  }
  /// Takes the first item, if there is one; never waits.
  ///   Throws: queue_shut_down once it is empty and shut down.
  [[nodiscard]] std::optional<T> try_get() const {
    typename item_type::taken item;
    if (!body_->try_get(item.into())) return std::nullopt;
    return std::optional<T>(std::in_place, item.take());
  }

  /// Says that an item that was got has been dealt with; with ack::manual the oldest one that this process
  /// has got and not said so of.
  ///   Throws: std::logic_error if more are said to be done than were put; with ack::manual, than this
  ///   process has got.
  void task_done() const { body_->task_done(); }
  /// Waits until every item that was put has been dealt with (task_done()).
  ///   Blocks: yes; a suspension point always.  Throws: cancelled.
  void join() const { body_->join(); }

  /// Ends the queue, for all processes: put() throws from now on, get() once it is empty; all who wait in
  /// vain are woken with queue_shut_down. `immediate` drops what is queued. May be called again (Q2).
  void shutdown(bool immediate = false) const { body_->shut_down(immediate); }

  [[nodiscard]] std::size_t size() const { return statistics().size; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t capacity() const { return statistics().capacity; }
  /// How full it is and who waits, in all processes; not how full it was: peak_size is 0.  O(waiters)
  [[nodiscard]] queue_statistics statistics() const { return body_->statistics(); }

  class iterator;
  /// `for (T& item : queue)` gets until the queue is shut down.
  [[nodiscard]] iterator begin() const { return iterator(*this); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

 private:
  friend void save(output_archive& out, shared const& value) { value.body_->pack(out); }
  friend shared load(input_archive& in, std::type_identity<shared>) {
    return shared(detail::shared_queue_body::unpack(in, !detail::copied_as_bytes<T>));
  }
  explicit shared(std::shared_ptr<detail::shared_queue_body> body) noexcept
      : body_(std::move(body)) {}

  std::shared_ptr<detail::shared_queue_body> body_;
};

/// Holds the item that was got last, and takes the next one with ++.
template <class T>
class shared<queue<T>>::iterator {
 public:
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::input_iterator_tag;

  T& operator*() const noexcept { return *current_; }
  iterator& operator++() {
    current_.reset();
    try {
      typename item_type::taken item;
      (void)from_.body_->get(item.into(), never);
      current_.emplace(item.take());
    } catch (queue_shut_down const&) {
    }
    return *this;
  }
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const noexcept { return !current_.has_value(); }

 private:
  friend class shared;
  explicit iterator(shared from) : from_(std::move(from)) { ++*this; }

  shared from_;
  mutable std::optional<T> current_;
};

}  // namespace coir
