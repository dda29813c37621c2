// SPDX-License-Identifier: BSL-1.0
/// Items in the order of a comparison that may throw, wait, or use the queue.

#pragma once

#include <cstdint>
#include <utility>

#include <coir/base/check.hpp>
#include <coir/cancel/suspend.hpp>
#include <coir/queue/cell_store.hpp>
#include <coir/wait/wait_queue.hpp>

namespace coir::detail {

/// A place for one item that knows which items have lost against it.
template <class T>
struct ranked_cell : item_place<T>, ranked {
  ranked_cell* next = nullptr;
  cell_chain<ranked_cell> losers;
};

/// A row of trees in which each item has won against those below it. What is left when the trees have
/// played each other, two by two, is the first of all; take it, and those who lost against it are the
/// row. (A pairing heap: a heap in an array moves its items about, and compares when it is added to.)
template <class T>
class tournament {
 public:
  using cell = ranked_cell<T>;

  /// Whether the first of the row is the first of all.
  [[nodiscard]] bool is_decided() const noexcept {
    return row_.empty() || row_.front()->next == nullptr;
  }

  void add(cell& item) noexcept { row_.push_back(item); }
  void add(tournament& others) noexcept { row_.append(others.row_); }

  /// Takes the first of the row; null: it is empty.
  cell* pop_front() noexcept {
    cell* const first = row_.pop_front();
    if (first != nullptr) row_.append(first->losers);
    return first;
  }

  /// One match; among equals the older wins. If the comparison throws, nothing has changed.
  template <class Compare>
  void play(Compare& compare) {
    cell* older = row_.front();
    cell* newer = older->next;
    if (newer->rank < older->rank) std::swap(older, newer);
    bool const upset = compare(std::as_const(newer->item()), std::as_const(older->item()));
    row_.pop_front();
    row_.pop_front();
    cell& winner = upset ? *newer : *older;
    winner.losers.push_back(upset ? *older : *newer);
    row_.push_back(winner);
  }

 private:
  cell_chain<cell> row_;
};

/// The order of a priority queue, which compares as late as possible: when somebody takes.
///
/// Comparisons are user code. So settle() takes the tournament out of the store and plays it outside
/// of the lock; whoever else wants to take waits meanwhile. A putter compares nothing, so one whose
/// item is let in by somebody else cannot have its comparison fail there.
/// Thread: guarded by its queue's lock.
template <class T, class Compare>
class priority_store {
 public:
  using cell = ranked_cell<T>;
  static constexpr char const* put_name = "priority_queue::put";
  static constexpr char const* get_name = "priority_queue::get";

  explicit priority_store(Compare compare) : compare_(std::move(compare)) {}

  void number(cell& added) noexcept { added.rank = ++last_rank_; }
  void push(cell& added) noexcept { items_.add(added); }
  /// By its rank it goes before its equals.
  void put_back(cell& returned) noexcept { items_.add(returned); }

  [[nodiscard]] bool is_settled() const noexcept {
    return sorter_ == nullptr && items_.is_decided();
  }

  ///   Throws: what a comparison throws; std::logic_error when a comparison takes from this queue.
  ///   The lock is released then, and every item is still there.
  void settle(spin_lock& lock) {
    while (!is_settled()) {
      task_core& self = current_task_or_thread();
      if (sorter_ == nullptr) {
        sort(self, lock);
      } else {
        await_sorter(self, lock);
      }
    }
  }

  cell* pop() noexcept { return items_.pop_front(); }

  /// What is out being sorted is left to its sorter to destroy.
  tournament<T> take_all() noexcept {
    emptied_ = sorter_ != nullptr;
    return std::exchange(items_, {});
  }

 private:
  void sort(task_core& self, spin_lock& lock) {
    tournament<T> mine = std::exchange(items_, {});
    sorter_ = &self;
    lock.unlock();
    try {
      while (!mine.is_decided()) mine.play(compare_);
    } catch (...) {
      end_sort(mine, lock);
      lock.unlock();
      throw;
    }
    end_sort(mine, lock);
  }

  /// Returns with the lock held; it was released meanwhile if somebody was to be woken.
  void end_sort(tournament<T>& mine, spin_lock& lock) noexcept {
    lock.lock();
    sorter_ = nullptr;
    bool const emptied = std::exchange(emptied_, false);
    if (!emptied) {
      mine.add(items_);
      items_ = std::exchange(mine, {});
    }
    if (!emptied && waiting_.empty()) return;
    wake_chain woken;
    waiting_.claim_all(woken);
    lock.unlock();
    woken.wake_all();
    while (cell* const each = mine.pop_front()) discard(*each);
    lock.lock();
  }

  void await_sorter(task_core& self, spin_lock& lock) {
    if (sorter_ == &self) {
      lock.unlock();
      misuse(
          "coir: a comparison of a priority_queue takes from that same queue, whose order it is to "
          "say; take before or after");
    }
    wait_node node(self);
    waiting_.push_back(node);
    // Shielded: it is as short as comparisons are, and ends with the right to take.
    (void)suspend(self, lock, node, get_name, never, shielding::shielded);
    lock.lock();
  }

  Compare compare_;              // used by the sorter alone
  tournament<T> items_;          // those that are not out being sorted
  task_core* sorter_ = nullptr;  // who has items out; null: nobody
  bool emptied_ = false;         // take_all() was called meanwhile
  std::int64_t last_rank_ = 0;
  wait_queue waiting_{"a priority_queue was destroyed while tasks wait to take from it"};
};

}  // namespace coir::detail
