// SPDX-License-Identifier: BSL-1.0
/// An intrusive doubly linked list whose members can leave without knowing which list they are in.

#pragma once

namespace coir::detail {

/// The two pointers of a member. An unlinked hook points to itself.
///
/// Members of a list and its head are hooks of one ring, so that leaving needs no head: a waiter
/// that gives up unlinks itself even after the list was moved to another head.
/// Thread: guarded by whatever guards the list.
struct list_hook {
  list_hook* prev = this;
  list_hook* next = this;

  list_hook() = default;
  list_hook(list_hook const&) = delete;
  list_hook& operator=(list_hook const&) = delete;

  [[nodiscard]] bool is_linked() const noexcept { return next != this; }

  /// Leaves whatever list it is in. O(1); harmless when in none.
  void unlink() noexcept {
    prev->next = next;
    next->prev = prev;
    prev = next = this;
  }

  void insert_before(list_hook& position) noexcept {
    prev = position.prev;
    next = &position;
    position.prev->next = this;
    position.prev = this;
  }
};

/// The head of a list of `T`, which derives from `Hook`, which is or derives from list_hook.
template <class T, class Hook = T>
class list {
 public:
  [[nodiscard]] bool empty() const noexcept { return !head_.is_linked(); }
  [[nodiscard]] T& front() const noexcept { return member(*head_.next); }
  void push_back(T& item) noexcept { hook(item).insert_before(head_); }
  void push_front(T& item) noexcept { hook(item).insert_before(*head_.next); }

  /// Unlinks and returns the first member. The list is not empty.
  T& pop_front() noexcept {
    T& first = front();
    hook(first).unlink();
    return first;
  }

  /// Takes over every member of `other`, behind its own. O(1).
  void splice_back(list& other) noexcept {
    if (other.empty()) return;
    list_hook& first = *other.head_.next;
    list_hook& last = *other.head_.prev;
    other.head_.prev = other.head_.next = &other.head_;
    first.prev = head_.prev;
    last.next = &head_;
    head_.prev->next = &first;
    head_.prev = &last;
  }

  /// Calls `f` on each member, first to last; `f` may unlink the member it is given.
  template <class F>
  void for_each(F&& f) const {
    for (list_hook* at = head_.next; at != &head_;) {
      list_hook* const after = at->next;
      f(member(*at));
      at = after;
    }
  }

 private:
  static list_hook& hook(T& item) noexcept { return static_cast<Hook&>(item); }
  static T& member(list_hook& at) noexcept { return static_cast<T&>(static_cast<Hook&>(at)); }

  list_hook head_;
};

}  // namespace coir::detail
