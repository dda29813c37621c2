// SPDX-License-Identifier: BSL-1.0
/// queue<T>: items from those who have them to those who want them, in order.

#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include <coir/cancel/suspend.hpp>
#include <coir/queue/cell_store.hpp>
#include <coir/queue/queue_core.hpp>
#include <coir/time/deadline.hpp>

namespace coir {

/// A queue of `T`: first in, first out. A handle: copies share one queue.
///
/// An item goes straight to the getter that waits longest, and room to the putter that waits longest:
/// no newcomer overtakes, and try_get() never takes what was handed to somebody (Q1). No item is lost
/// or doubled by a cancel, a timeout or a shutdown (C4). Items are moved outside of the queue's lock.
/// Thread: any; one handle is used by several at once like a std::shared_ptr.
/// Mirrors: asyncio.Queue, with hand-off.
template <class T>
class queue {
 public:
  using value_type = T;

  /// Holds at most `capacity` items; 0: any number, as in asyncio.
  explicit queue(std::size_t capacity = 0) : shared_(std::make_shared<state>(capacity)) {}

  /// Appends an item, parking until there is room.
  ///   Blocks: yes; a suspension point even when there is room.
  ///   Throws: cancelled, queue_shut_down; `item` then has its value back, if T can be assigned.
  void put(T item) { (void)put_until_from(item, never); }
  /// The same, for no longer than `limit`: false, and nothing was put, then. Zero or less is one try.
  template <class Rep, class Period>
  [[nodiscard]] bool put_for(T&& item, std::chrono::duration<Rep, Period> limit) {
    return put_until_from(item, detail::deadline_after(now(), limit));
  }
  template <class Rep, class Period>
  [[nodiscard]] bool put_for(T const& item, std::chrono::duration<Rep, Period> limit) {
    T copy(item);
    return put_until_from(copy, detail::deadline_after(now(), limit));
  }
  [[nodiscard]] bool put_until(T item, time_point deadline) {
    return put_until_from(item, deadline);
  }

  /// Appends an item if there is room, or somebody waits for it; never blocks. False: full, and
  /// `item` keeps its value.
  ///   Throws: queue_shut_down.
  [[nodiscard]] bool try_put(T&& item) { return try_put_from(item); }
  [[nodiscard]] bool try_put(T const& item) {
    T copy(item);
    return try_put_from(copy);
  }

  /// Takes the oldest item, parking until there is one.
  ///   Blocks: yes; a suspension point even when there is one.
  ///   Throws: cancelled, and then no item was taken; queue_shut_down once it is empty and shut down;
  ///   what moving a T throws, and then the item is back at the head.
  T get() { return *get_until(never); }
  /// The same, for no longer than `limit`: nullopt then. Zero or less is one try.
  template <class Rep, class Period>
  [[nodiscard]] std::optional<T> get_for(std::chrono::duration<Rep, Period> limit) {
    return get_until(detail::deadline_after(now(), limit));
  }
  std::optional<T> get_until(time_point deadline) {
    state& q = *shared_;
    detail::task_core& self = detail::checkpoint();
    q.lock.lock();
    if (cell* const first = q.items.pop_front()) return move_out(q, *first);
    if (q.shut_down) q.throw_shut_down();
    detail::wait_node node(self);
    q.getters.push_back(node);
    switch (detail::suspend(self, q.lock, node, "queue::get", deadline)) {
      case detail::wake_reason::timed_out: return std::nullopt;
      case detail::wake_reason::cancelled: detail::deliver(self);
      case detail::wake_reason::fulfilled: break;
    }
    if (node.item == nullptr) throw queue_shut_down();
    return move_from(q, *static_cast<cell*>(node.item));
  }

  /// Takes the oldest item, if there is one; never blocks.
  ///   Throws: queue_shut_down once it is empty and shut down.
  [[nodiscard]] std::optional<T> try_get() {
    state& q = *shared_;
    q.lock.lock();
    if (cell* const first = q.items.pop_front()) return move_out(q, *first);
    if (q.shut_down) q.throw_shut_down();
    q.lock.unlock();
    return std::nullopt;
  }

  /// Says that an item that was got has been dealt with.
  ///   Throws: std::logic_error if more are said to be done than were put.
  void task_done() { shared_->task_done(); }

  /// Waits until every item that was put has been dealt with (task_done()).
  ///   Blocks: yes; a suspension point always.  Throws: cancelled.
  void join() { shared_->join(); }

  /// Ends the queue: put() throws from now on, get() once it is empty; all who wait in vain are woken
  /// with queue_shut_down. `immediate` drops what is queued. May be called again (Q2).
  void shutdown(bool immediate = false) {
    state& q = *shared_;
    chain dropped;
    q.lock.lock();
    std::size_t const count = immediate ? std::exchange(q.size, 0) : 0;
    if (immediate) dropped = std::exchange(q.items, chain{});
    q.shut_down_and_unlock(count);
    while (cell* const each = dropped.pop_front()) destroy(q, *each);
  }

  [[nodiscard]] std::size_t size() const noexcept { return shared_->current_size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// 0: any number.
  [[nodiscard]] std::size_t capacity() const noexcept { return shared_->capacity; }

  /// `for (T& item : queue)` gets until the queue is shut down.
  class iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    iterator() = default;
    explicit iterator(queue const& from) : from_(from) { ++*this; }
    T& operator*() const noexcept { return *current_; }
    iterator& operator++() {
      current_.reset();
      try {
        current_ = from_->get_until(never);
      } catch (queue_shut_down const&) {
      }
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const noexcept { return !current_; }

   private:
    std::optional<queue> from_;
    mutable std::optional<T> current_;
  };
  [[nodiscard]] iterator begin() const { return iterator(*this); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

 private:
  using cell = detail::cell<T>;
  using chain = detail::cell_chain<T>;

  // Implementation

  struct state : detail::queue_core {
    using queue_core::queue_core;
    ~state() {
      while (cell* const each = items.pop_front()) {
        each->item().~T();
        delete each;
      }
      while (cell* const each = spare.pop_front()) delete each;
    }
    chain items;  // `size` of them; guarded by lock
    chain spare;  // cells without an item; guarded by lock
  };

  /// A cell that holds what `item` held.
  static cell& make(state& q, T& item) {
    cell* made;
    {
      std::lock_guard<detail::spin_lock> const held(q.lock);
      made = q.spare.pop_front();
    }
    if (made == nullptr) made = new cell;
    try {
      ::new (made->bytes) T(std::move(item));
    } catch (...) {
      recycle(q, *made);
      throw;
    }
    return *made;
  }

  static void recycle(state& q, cell& unused) noexcept {
    std::lock_guard<detail::spin_lock> const held(q.lock);
    q.spare.push_front(unused);
  }

  static void destroy(state& q, cell& used) noexcept {
    used.item().~T();
    recycle(q, used);
  }

  /// Gives `item` its value back: it was not put.
  static void unmake(state& q, cell& refused, T& item) {
    if constexpr (std::is_move_assignable_v<T>) item = std::move(refused.item());
    destroy(q, refused);
  }

  /// Hands a cell to a getter, or queues it if there is room. Releases the lock if it did.
  static bool admit_and_unlock(state& q, cell& added) noexcept {
    if (detail::wait_node* const getter = q.getters.claim_first()) {
      getter->item = &added;
      ++q.unfinished;
      detail::task_core& woken = *getter->task;
      q.lock.unlock();
      detail::wake(woken);
      return true;
    }
    if (!q.has_room()) return false;
    q.items.push_back(added);
    ++q.size;
    ++q.unfinished;
    q.lock.unlock();
    return true;
  }

  bool try_put_from(T& item) {
    state& q = *shared_;
    cell& added = make(q, item);
    q.lock.lock();
    bool const ended = q.shut_down;
    if (!ended && admit_and_unlock(q, added)) return true;
    q.lock.unlock();
    unmake(q, added, item);
    if (ended) throw queue_shut_down();
    return false;
  }

  bool put_until_from(T& item, time_point deadline) {
    state& q = *shared_;
    detail::task_core& self = detail::checkpoint();
    cell& added = make(q, item);
    q.lock.lock();
    if (q.shut_down) {
      q.lock.unlock();
      unmake(q, added, item);
      throw queue_shut_down();
    }
    if (admit_and_unlock(q, added)) return true;

    detail::wait_node node(self);
    node.item = &added;
    q.putters.push_back(node);
    detail::wake_reason reason;
    try {
      reason = detail::suspend(self, q.lock, node, "queue::put", deadline);
    } catch (...) {
      unmake(q, added, item);
      throw;
    }
    if (reason == detail::wake_reason::fulfilled && node.item != nullptr) return true;
    unmake(q, added, item);
    if (reason == detail::wake_reason::fulfilled) throw queue_shut_down();
    if (reason == detail::wake_reason::cancelled) detail::deliver(self);
    return false;
  }

  /// The first item has been taken from the chain: its room goes to the putter that waits longest.
  static std::optional<T> move_out(state& q, cell& taken) {
    --q.size;
    detail::task_core* woken = nullptr;
    if (detail::wait_node* const putter = q.has_room() ? q.putters.claim_first() : nullptr) {
      q.items.push_back(*static_cast<cell*>(putter->item));
      ++q.size;
      ++q.unfinished;
      woken = putter->task;
    }
    q.lock.unlock();
    if (woken != nullptr) detail::wake(*woken);
    return move_from(q, taken);
  }

  /// The item, which is the caller's now; if it cannot be moved it goes back to the head (C5).
  static std::optional<T> move_from(state& q, cell& owned) {
    struct keeper {
      state& q;
      cell& owned;
      int const exceptions = std::uncaught_exceptions();
      ~keeper() {
        if (std::uncaught_exceptions() == exceptions) {
          destroy(q, owned);
        } else {
          put_back(q, owned);
        }
      }
    } const on_exit{q, owned};
    return std::optional<T>(std::in_place, std::move(owned.item()));
  }

  static void put_back(state& q, cell& owned) noexcept {
    q.lock.lock();
    if (detail::wait_node* const getter = q.getters.claim_first()) {
      getter->item = &owned;
      detail::task_core& woken = *getter->task;
      q.lock.unlock();
      detail::wake(woken);
      return;
    }
    q.items.push_front(owned);
    ++q.size;
    q.lock.unlock();
  }

  std::shared_ptr<state> shared_;
};

}  // namespace coir
