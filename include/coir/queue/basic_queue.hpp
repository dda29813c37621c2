// SPDX-License-Identifier: BSL-1.0
/// basic_queue: what every kind of queue can do, whatever the order of its items.

#pragma once

#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include <coir/queue/queue_state.hpp>
#include <coir/time/deadline.hpp>

namespace coir::detail {

struct select_access;

/// The handle of a queue of `T` in the order of `Store`. Copies share one queue; like a pointer, a
/// const handle is enough to use it.
///
/// An item goes straight to the getter that waits longest, and room to the putter that waits longest:
/// no newcomer overtakes, and try_get() never takes what was handed to somebody (Q1). No item is lost
/// or doubled by a cancel, a timeout or a shutdown (C4). Items are moved, compared and destroyed
/// outside of the queue's lock: they may wait, throw, and use this very queue meanwhile.
/// Thread: any; one handle is used by several at once like a std::shared_ptr.
template <class T, class Store>
class basic_queue {
 public:
  using value_type = T;

  /// Puts an item, parking until there is room.
  ///   Blocks: yes; a suspension point even when there is room.
  ///   Throws: cancelled, queue_shut_down; what moving a T throws. Nothing was put then, and an item
  ///   given as an rvalue has its value back, if T can be assigned.
  void put(T&& item) const { (void)shared_->put(item, never); }
  void put(T const& item) const {
    T copy(item);
    (void)shared_->put(copy, never);
  }
  /// The same, for no longer than `limit`: false, and nothing was put, then. Zero or less is one try.
  template <class Rep, class Period>
  [[nodiscard]] bool put_for(T&& item, std::chrono::duration<Rep, Period> limit) const {
    return shared_->put(item, deadline_after(now(), limit));
  }
  template <class Rep, class Period>
  [[nodiscard]] bool put_for(T const& item, std::chrono::duration<Rep, Period> limit) const {
    return put_until(item, deadline_after(now(), limit));
  }
  [[nodiscard]] bool put_until(T&& item, time_point deadline) const {
    return shared_->put(item, deadline);
  }
  [[nodiscard]] bool put_until(T const& item, time_point deadline) const {
    T copy(item);
    return shared_->put(copy, deadline);
  }

  /// Puts an item if there is room, or somebody waits for it; never blocks. False: neither, and
  /// `item` keeps its value.
  ///   Throws: queue_shut_down; what moving a T throws.
  [[nodiscard]] bool try_put(T&& item) const { return shared_->try_put(item); }
  [[nodiscard]] bool try_put(T const& item) const {
    T copy(item);
    return shared_->try_put(copy);
  }

  /// Takes the first item, parking until there is one.
  ///   Blocks: yes; a suspension point even when there is one.
  ///   Throws: cancelled, and then no item was taken; queue_shut_down once it is empty and shut down;
  ///   what moving a T throws, and then the item is back in its place at the head.
  T get() const { return shared_->template get_item<T>(never); }
  /// The same, for no longer than `limit`: nullopt then. Zero or less is one try.
  template <class Rep, class Period>
  [[nodiscard]] std::optional<T> get_for(std::chrono::duration<Rep, Period> limit) const {
    return get_until(deadline_after(now(), limit));
  }
  [[nodiscard]] std::optional<T> get_until(time_point deadline) const {
    return shared_->template get_item<std::optional<T>>(deadline, std::in_place);
  }

  /// Takes the first item, if there is one; never blocks.
  ///   Throws: queue_shut_down once it is empty and shut down; what moving a T throws, as get().
  [[nodiscard]] std::optional<T> try_get() const {
    return shared_->template try_get_item<std::optional<T>>(std::in_place);
  }

  /// Says that an item that was got has been dealt with.
  ///   Throws: std::logic_error if more are said to be done than were put.
  void task_done() const { shared_->task_done(); }

  /// Waits until every item that was put has been dealt with (task_done()).
  ///   Blocks: yes; a suspension point always.  Throws: cancelled.
  void join() const { shared_->join(); }

  /// Ends the queue: put() throws from now on, get() once it is empty; all who wait in vain are woken
  /// with queue_shut_down. `immediate` drops what is queued. May be called again (Q2).
  ///   Wakes: all getters and putters; all in join() if nothing is left to be done.
  void shutdown(bool immediate = false) const { shared_->end(immediate); }

  [[nodiscard]] std::size_t size() const noexcept { return shared_->current_size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// 0: any number.
  [[nodiscard]] std::size_t capacity() const noexcept { return shared_->capacity(); }

  /// How full it is and who waits.  O(waiters)
  [[nodiscard]] queue_statistics statistics() const noexcept { return shared_->statistics(); }

  class iterator;
  /// `for (T& item : queue)` gets until the queue is shut down. The items are not moved.
  [[nodiscard]] iterator begin() const { return iterator(shared_); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

 protected:
  using state = queue_state<Store>;

  /// Room for `limit` items; `store` makes the Store.
  template <class... Args>
  explicit basic_queue(std::size_t limit, Args&&... store)
      : shared_(std::make_shared<state>(limit, std::forward<Args>(store)...)) {}

  /// See queue_core::elsewhere.
  void lie_in(std::shared_ptr<shared_queue_body> where) noexcept {
    shared_->lie_in(std::move(where));
  }
  [[nodiscard]] shared_queue_body* elsewhere() const noexcept { return shared_->elsewhere.get(); }

 private:
  friend struct select_access;

  std::shared_ptr<state> shared_;
};

/// Holds the item that was got last, and takes the next one with ++.
template <class T, class Store>
class basic_queue<T, Store>::iterator {
 public:
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::input_iterator_tag;

  iterator(iterator&& other) noexcept
      : from_(std::move(other.from_)), current_(std::exchange(other.current_, nullptr)) {}
  iterator& operator=(iterator&& other) noexcept {
    std::swap(from_, other.from_);
    std::swap(current_, other.current_);
    return *this;
  }
  ~iterator() { drop(); }

  T& operator*() const noexcept { return current_->item(); }
  iterator& operator++() {
    drop();
    try {
      current_ = from_->get(never);
    } catch (queue_shut_down const&) {
    }
    return *this;
  }
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const noexcept { return current_ == nullptr; }

 private:
  friend class basic_queue;
  explicit iterator(std::shared_ptr<state> from) : from_(std::move(from)) { ++*this; }

  void drop() noexcept {
    if (current_ != nullptr) from_->destroy(*std::exchange(current_, nullptr));
  }

  std::shared_ptr<state> from_;
  typename state::cell* current_ = nullptr;
};

}  // namespace coir::detail
