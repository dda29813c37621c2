// SPDX-License-Identifier: BSL-1.0
/// What the handles of one queue share: its items, and how they get in and out.

#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

#include <coir/cancel/suspend.hpp>
#include <coir/queue/cell_store.hpp>
#include <coir/queue/queue_core.hpp>
#include <coir/queue/shared_body.hpp>
#include <coir/time/clock.hpp>

namespace coir::detail {

/// A queue of the items in `Store`, which gives them their order (fifo_store says what it offers).
///
/// An item is moved into a cell before the lock is taken and out of it after the lock is released;
/// under the lock only cells change hands. So moving an item, comparing and destroying it may wait,
/// throw, or use this same queue. Only what is no more than bytes is moved under the lock, which then
/// need not be taken twice.
/// Invariants, whenever the lock is free: getters wait only while the store is empty, so that what is
/// handed to one is the first item in any order; putters wait only while there is no room.
/// Thread: any; what is said to need the lock is called with `lock` held.
template <class Store>
struct queue_state : queue_core {
  using cell = typename Store::cell;
  using value_type = typename cell::value_type;
  static constexpr bool mere_bytes = std::is_trivially_copyable_v<value_type>;

  template <class... Args>
  explicit queue_state(std::size_t room, Args&&... store)
      : queue_core(room), items(std::forward<Args>(store)...) {}
  ~queue_state() {
    auto left = items.take_all();
    while (cell* const each = left.pop_front()) discard(*each);
    while (cell* const each = spare.pop_front()) delete each;
  }

  Store items;             // `size` of them; guarded by lock
  cell_chain<cell> spare;  // cells without an item; guarded by lock

  // ---- steps under the lock --------------------------------------------------------------------

  /// Hands a cell to the oldest getter, who is then to be woken, or stores it if there is room.
  /// Needs the lock, keeps it. False: neither.
  bool admit(cell& added, task_core*& to_wake) noexcept {
    if (wait_node* const getter = getters.claim_first()) {
      getter->item = &added;
      to_wake = getter->task;
      count_as_put(added);
    } else if (has_room()) {
      count_as_put(added);
      store(added);
    } else {
      return false;
    }
    return true;
  }

  /// Takes the first item, and lets in that of the oldest putter, who is then to be woken. Null if
  /// there is none. Needs the lock and a settled store, keeps it.
  cell* take(task_core*& to_wake) noexcept {
    cell* taken = items.pop();
    if (taken != nullptr) --size;
    if (taken != nullptr && !has_room()) return taken;
    if (wait_node* const putter = putters.claim_first()) {
      cell& added = *static_cast<cell*>(putter->item);
      to_wake = putter->task;
      count_as_put(added);
      if (taken == nullptr) return &added;  // a rendezvous: straight from hand to hand
      store(added);
    }
    return taken;
  }

  // ---- whole operations ------------------------------------------------------------------------

  /// Puts what `item` holds; false: not before `deadline`, and `item` has its value back.
  bool put(value_type& item, time_point deadline) {
    task_core& self = checkpoint();
    if constexpr (mere_bytes) {
      if (store_at_once(item)) [[likely]]
        return true;
    }
    return put_as(self, item, deadline);
  }

  /// The same when it could not be stored at once. Part of its caller, as get_as() is.
  [[gnu::always_inline]] bool put_as(task_core& self, value_type& item, time_point deadline) {
    unmade<putting> place;
    auto const [put, next] = put_or_leave(self, place, item, deadline);
    if (next == nullptr) return put;
    jump_between(self.flow, *next);
    return has_put(self, place.node, item, end_suspend(self, lock, place.node));
  }

  /// Puts what `item` holds if that can be done at once.
  bool try_put(value_type& item) {
    if constexpr (shareable<value_type>) {
      if (elsewhere != nullptr) return elsewhere->try_put(shared_item<value_type>::from(item));
    }
    lock.lock();
    if (shut_down) throw_shut_down();
    if (getters.empty() && !has_room()) {
      lock.unlock();
      return false;
    }
    cell& added = fill(item);
    if (shut_down) refuse_and_unlock(added, item);
    if (admit_and_unlock(added)) return true;
    lock.unlock();
    take_back(added, item);
    return false;
  }

  /// The first item's cell, which is the caller's now: for move_out() or destroy(). Null: there was
  /// none before `deadline`.
  cell* get(time_point deadline) {
    task_core& self = checkpoint();
    if constexpr (shareable<value_type>) {
      if (elsewhere != nullptr) return cell_from_elsewhere(deadline);
    }
    return get_as(self, deadline);
  }

  /// A Result made of the first item; an empty one: there was none before `deadline`.
  template <class Result, class... How>
  Result get_item(time_point deadline, How... how) {
    task_core& self = checkpoint();
    if constexpr (mere_bytes) {
      std::lock_guard<spin_lock> const held(lock);
      if (cell* const taken = take_alone()) [[likely]] {
        Result result(how..., std::move(taken->item()));
        spare.push_front(*taken);
        return result;
      }
    }
    if constexpr (shareable<value_type>) {
      if (elsewhere != nullptr) return get_elsewhere<Result>(&deadline, how...);
    }
    cell* const owned = get_as(self, deadline);
    if constexpr (sizeof...(How) != 0) {
      if (owned == nullptr) return Result();
    }
    return move_out<Result>(*owned, how...);
  }

  /// The same of the first item, if there is one now.
  template <class Result, class... How>
  Result try_get_item(How... how) {
    if constexpr (shareable<value_type>) {
      if (elsewhere != nullptr) return get_elsewhere<Result>(nullptr, how...);
    }
    cell* const taken = take_or_keep_lock();
    if (taken == nullptr) {
      lock.unlock();
      return Result();
    }
    return move_out<Result>(*taken, how...);
  }

  void end(bool immediate) {
    if constexpr (shareable<value_type>) {
      if (elsewhere != nullptr) return elsewhere->shut_down(immediate);
    }
    decltype(items.take_all()) dropped;
    lock.lock();
    if (immediate) {
      dropped = items.take_all();
      dropping = true;
    }
    shut_down_and_unlock(immediate ? std::exchange(size, 0) : 0);
    // Whoever was woken may destroy the queue: these are its cells no more.
    while (cell* const each = dropped.pop_front()) discard(*each);
  }

  // ---- items in and out of cells, without the lock ---------------------------------------------

  /// A cell that holds what `item` held. Needs the lock, releases it before the move.
  cell& fill_and_unlock(value_type& item) {
    cell* made = spare.pop_front();
    lock.unlock();
    if (made == nullptr) made = new cell;
    try {
      made->fill(item);
    } catch (...) {
      recycle(*made);
      throw;
    }
    return *made;
  }

  /// The same, and has the lock again: what it guards may have changed meanwhile.
  cell& fill(value_type& item) {
    if constexpr (mere_bytes) {
      if (cell* const made = spare.pop_front()) [[likely]] {
        made->fill(item);
        return *made;
      }
    }
    cell& made = fill_and_unlock(item);
    lock.lock();
    return made;
  }

  /// Gives `item` its value back: it was not put.
  void take_back(cell& refused, value_type& item) {
    struct closer {
      queue_state& q;
      cell& refused;
      ~closer() { q.destroy(refused); }
    } const at_end{*this, refused};
    if constexpr (std::is_move_assignable_v<value_type>) item = std::move(refused.item());
  }

  /// A Result made of the item; if it cannot be moved, it goes back to the head (C5).
  template <class Result, class... How>
  Result move_out(cell& owned, How... how) {
    struct closer {
      queue_state& q;
      cell& owned;
      int const exceptions = std::uncaught_exceptions();
      ~closer() {
        if constexpr (move_may_fail<value_type>) {
          if (std::uncaught_exceptions() != exceptions) {
            q.put_back(owned);
            return;
          }
        }
        q.destroy(owned);
      }
    } const at_end{*this, owned};
    return Result(how..., std::move(owned.item()));
  }

  /// Returns the item of somebody who was handed it and cannot keep it: to the oldest getter, else to
  /// the head. After a shutdown(immediate) it is dropped.
  void put_back(cell& returned) noexcept {
    task_core* to_wake = nullptr;
    lock.lock();
    if (dropping) {
      shut_down_and_unlock(1);
      discard(returned);
      return;
    }
    if (wait_node* const getter = getters.claim_first()) {
      getter->item = &returned;
      to_wake = getter->task;
    } else {
      items.put_back(returned);
      count_one_more();
    }
    unlock_and_wake(to_wake);
  }

  /// Destroys the item.
  void destroy(cell& used) noexcept {
    std::destroy_at(&used.item());
    recycle(used);
  }

 private:
  // The shortest ways, where nobody waits. Their callers have nothing to keep across a call.

  /// Stores a copy of `item` if that can be done at once.
  bool store_at_once(value_type& item) noexcept {
    std::lock_guard<spin_lock> const held(lock);
    if (shut_down || spare.empty() || !getters.empty() || !has_room()) [[unlikely]]
      return false;
    cell& added = *spare.pop_front();
    added.fill(item);
    count_as_put(added);
    store(added);
    return true;
  }

  /// Hands a copy of `item` to the oldest getter, if that can be done at once.
  [[gnu::always_inline]] bool hand_at_once(value_type& item) noexcept {
    lock.lock();
    if (shut_down || spare.empty()) [[unlikely]] {
      lock.unlock();
      return false;
    }
    wait_node* const getter = getters.claim_first();
    if (getter == nullptr) {
      lock.unlock();
      return false;
    }
    cell& added = *spare.pop_front();
    added.fill(item);
    count_as_put(added);
    getter->item = &added;
    task_core& to_wake = *getter->task;
    lock.unlock();
    wake(to_wake);
    return true;
  }

  /// Takes the first item if there is one, and nobody to let in for it. Needs the lock.
  cell* take_alone() noexcept {
    if (!putters.empty() || !items.is_settled()) [[unlikely]]
      return nullptr;
    cell* const taken = items.pop();
    if (taken != nullptr) --size;
    return taken;
  }

  void count_as_put(cell& added) noexcept {
    items.number(added);
    ++unfinished;
  }

  void store(cell& added) noexcept {
    items.push(added);
    count_one_more();
  }

  void count_one_more() noexcept {
    if (++size > peak_size) peak_size = size;
  }

  /// As admit(); releases the lock if it did.
  bool admit_and_unlock(cell& added) noexcept {
    task_core* to_wake = nullptr;
    if (!admit(added, to_wake)) return false;
    unlock_and_wake(to_wake);
    return true;
  }

  [[noreturn]] void refuse_and_unlock(cell& refused, value_type& item) {
    lock.unlock();
    take_back(refused, item);
    throw queue_shut_down();
  }

  // The longer ways, in two halves with the caller's jump in between (departure says why).

  template <class T>
  struct outcome {
    T result;         // if nobody has to jump
    execution* next;  // see departure
  };
  /// Room for a node in the caller's frame: most calls need none.
  template <class Node>
  union unmade {
    unmade() noexcept {}
    Node node;
  };
  struct putting : wait_node {
    using wait_node::wait_node;
    cell* added = nullptr;
  };

  [[gnu::noinline]] outcome<bool> put_or_leave(task_core& self, unmade<putting>& place,
                                               value_type& item, time_point deadline) {
    if constexpr (mere_bytes) {
      if (hand_at_once(item)) [[likely]]
        return {true, nullptr};
    }
    return put_or_leave_otherwise(self, place, item, deadline);
  }

  [[gnu::noinline]] outcome<bool> put_or_leave_otherwise(task_core& self, unmade<putting>& place,
                                                         value_type& item, time_point deadline) {
    if constexpr (shareable<value_type>) {
      if (elsewhere != nullptr)
        return {elsewhere->put(shared_item<value_type>::from(item), deadline), nullptr};
    }
    lock.lock();
    if (shut_down) throw_shut_down();
    cell& added = fill(item);
    if (shut_down) refuse_and_unlock(added, item);
    if (admit_and_unlock(added)) [[likely]]
      return {true, nullptr};
    putting& node = *::new (&place.node) putting(self);
    node.item = node.added = &added;
    putters.push_back(node);
    departure left;
    try {
      left = begin_suspend(self, lock, node, Store::put_name, deadline);
    } catch (...) {
      take_back(added, item);
      throw;
    }
    if (left.next != nullptr) return {false, left.next};
    return {has_put(self, node, item, left.reason), nullptr};
  }

  /// Why the wait of `node` ended: true if the item is in.
  [[gnu::noinline]] bool has_put(task_core& self, putting& node, value_type& item,
                                 wake_reason reason) {
    if (reason == wake_reason::fulfilled && node.item != nullptr) return true;
    take_back(*node.added, item);
    if (reason == wake_reason::fulfilled) throw queue_shut_down();
    if (reason == wake_reason::cancelled) deliver(self);
    return false;
  }

  [[gnu::always_inline]] cell* get_as(task_core& self, time_point deadline) {
    unmade<wait_node> place;
    auto const [taken, next] = take_or_leave(self, place, deadline);
    if (next == nullptr) return taken;
    jump_between(self.flow, *next);
    return what_was_got(self, place.node, end_suspend(self, lock, place.node));
  }

  [[gnu::noinline]] outcome<cell*> take_or_leave(task_core& self, unmade<wait_node>& place,
                                                 time_point deadline) {
    if (cell* const taken = take_or_keep_lock()) return {taken, nullptr};
    wait_node& node = *::new (&place.node) wait_node(self);
    getters.push_back(node);
    departure const left = begin_suspend(self, lock, node, Store::get_name, deadline);
    if (left.next != nullptr) return {nullptr, left.next};
    return {what_was_got(self, node, left.reason), nullptr};
  }

  static cell* what_was_got(task_core& self, wait_node& node, wake_reason reason) {
    switch (reason) {
      case wake_reason::timed_out: return nullptr;
      case wake_reason::cancelled: deliver(self);
      case wake_reason::fulfilled: break;
    }
    if (node.item == nullptr) throw queue_shut_down();
    return static_cast<cell*>(node.item);
  }

  /// A cell with the first item of where the queue really is; null if there was none before `deadline`.
  [[gnu::cold, gnu::noinline]] cell* cell_from_elsewhere(time_point deadline) {
    lock.lock();
    std::unique_ptr<cell> made(spare.pop_front());
    lock.unlock();
    if (made == nullptr) made.reset(new cell);
    typename shared_item<value_type>::taken item;
    if (!elsewhere->get(item.into(), deadline)) return nullptr;
    ::new (static_cast<void*>(made->bytes)) value_type(item.take());
    return made.release();
  }
  /// A Result made of that item; null for `deadline` is at once.
  template <class Result, class... How>
  [[gnu::cold, gnu::noinline]] Result get_elsewhere(time_point const* deadline, How... how) {
    typename shared_item<value_type>::taken item;
    bool const got = deadline != nullptr ? elsewhere->get(item.into(), *deadline)
                                         : elsewhere->try_get(item.into());
    if constexpr (sizeof...(How) != 0) {
      if (!got) return Result();
    }
    return Result(how..., item.take());
  }

  /// Takes the first item and releases the lock, or returns null with the lock held.
  cell* take_or_keep_lock() {
    lock.lock();
    items.settle(lock);
    task_core* to_wake = nullptr;
    cell* const taken = take(to_wake);
    if (taken != nullptr) {
      unlock_and_wake(to_wake);
    } else if (shut_down) {
      throw_shut_down();
    }
    return taken;
  }

  void unlock_and_wake(task_core* claimed) noexcept {
    lock.unlock();
    if (claimed != nullptr) wake(*claimed);
  }

  void recycle(cell& unused) noexcept {
    std::lock_guard<spin_lock> const held(lock);
    spare.push_front(unused);
  }
};

}  // namespace coir::detail
