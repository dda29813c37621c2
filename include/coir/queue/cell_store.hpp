// SPDX-License-Identifier: BSL-1.0
/// Where a queue's items lie: each in a cell of its own, so that no item is ever moved under a lock.

#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <coir/base/spin_lock.hpp>

namespace coir::detail {

/// Memory for one item. fill() makes the item; whoever has the place last destroys it.
template <class T>
struct item_place {
  using value_type = T;

  alignas(T) unsigned char bytes[sizeof(T)];

  void fill(T& from) { ::new (static_cast<void*>(bytes)) T(std::move(from)); }
  T& item() noexcept { return *std::launder(reinterpret_cast<T*>(bytes)); }
};

/// Whether a T that was taken may have to come back because it cannot be moved out (C5).
template <class T>
inline constexpr bool move_may_fail = !std::is_nothrow_move_constructible_v<T>;

/// When an item was put: smaller is earlier. Only those whose move may fail need it.
struct ranked {
  std::int64_t rank = 0;
};
struct unranked {};

/// A place for one item in a chain.
template <class T>
struct cell : item_place<T>, std::conditional_t<move_may_fail<T>, ranked, unranked> {
  cell* next = nullptr;
};

/// Destroys a cell and the item in it.
template <class Cell>
void discard(Cell& used) noexcept {
  std::destroy_at(&used.item());
  delete &used;
}

/// A chain of cells.
/// Thread: guarded by its queue's lock.
template <class Cell>
class cell_chain {
 public:
  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
  /// Null when empty.
  [[nodiscard]] Cell* front() const noexcept { return first_; }

  void push_back(Cell& added) noexcept {
    added.next = nullptr;
    *(first_ == nullptr ? &first_ : &last_->next) = &added;
    last_ = &added;
  }
  void push_front(Cell& added) noexcept {
    added.next = first_;
    if (first_ == nullptr) last_ = &added;
    first_ = &added;
  }
  /// Takes over all of `other`, behind its own. O(1).
  void append(cell_chain& other) noexcept {
    if (other.empty()) return;
    *(first_ == nullptr ? &first_ : &last_->next) = other.first_;
    last_ = other.last_;
    other.first_ = nullptr;
  }
  /// Puts `added` behind all those at the front that `goes_first`. O(of those)
  template <class Predicate>
  void insert(Cell& added, Predicate goes_first) noexcept {
    Cell* before = nullptr;
    for (Cell* at = first_; at != nullptr && goes_first(*at); at = at->next) before = at;
    if (before == nullptr) return push_front(added);
    added.next = std::exchange(before->next, &added);
    if (added.next == nullptr) last_ = &added;
  }
  /// Null when empty.
  Cell* pop_front() noexcept {
    Cell* const taken = first_;
    if (taken != nullptr) first_ = taken->next;
    return taken;
  }

 private:
  Cell* first_ = nullptr;
  Cell* last_ = nullptr;
};

/// What the stores have in common whose items lie in one chain.
///
/// What a store offers to queue_state, which holds the queue's lock during each call:
///   number     notes that the item counts as put, now; comes before push(), or before the item is
///              handed to a getter
///   push       adds an item at the place that is due to it
///   settle     sees to it that pop() gives the first item; may release the lock meanwhile, and runs
///              user code only then; needed unless is_settled()
///   pop        takes the first item; null: there is none
///   put_back   returns an item that was taken and could not be moved out: to the head, in the order
///              of those that come back (C5)
///   take_all   empties it
/// Thread: guarded by its queue's lock.
template <class T>
class chain_store {
 public:
  using cell = detail::cell<T>;

  void number([[maybe_unused]] cell& added) noexcept {
    if constexpr (move_may_fail<T>) added.rank = ++last_rank_;
  }
  [[nodiscard]] bool is_settled() const noexcept { return true; }
  void settle(spin_lock&) noexcept {}
  cell* pop() noexcept { return items_.pop_front(); }
  cell_chain<cell> take_all() noexcept { return std::exchange(items_, cell_chain<cell>{}); }

 protected:
  /// Puts `returned` behind all those at the head that by their rank `goes_first`.
  template <class Order>
  void insert(cell& returned, [[maybe_unused]] Order goes_first) noexcept {
    if constexpr (move_may_fail<T>) {
      items_.insert(returned, [&](cell& other) { return goes_first(other, returned); });
    } else {
      items_.push_front(returned);
    }
  }

  cell_chain<cell> items_;

 private:
  std::int64_t last_rank_ = 0;
};

/// The order of a queue: first in, first out.
template <class T>
class fifo_store : public chain_store<T> {
 public:
  static constexpr char const* put_name = "queue::put";
  static constexpr char const* get_name = "queue::get";

  void push(cell<T>& added) noexcept { this->items_.push_back(added); }
  void put_back(cell<T>& returned) noexcept {
    this->insert(returned, [](auto& other, auto& own) { return other.rank < own.rank; });
  }
};

}  // namespace coir::detail
