// SPDX-License-Identifier: BSL-1.0
/// Where a queue's items lie: each in a cell of its own, so that no item is ever moved under a lock.

#pragma once

#include <memory>
#include <new>
#include <utility>

namespace coir::detail {

/// A place for one item.
template <class T>
struct cell {
  cell* next = nullptr;
  alignas(T) unsigned char bytes[sizeof(T)];

  T& item() noexcept { return *std::launder(reinterpret_cast<T*>(bytes)); }
};

/// A chain of cells, first in, first out.
/// Thread: guarded by its queue's lock.
template <class T>
class cell_chain {
 public:
  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

  void push_back(cell<T>& added) noexcept {
    added.next = nullptr;
    *(first_ == nullptr ? &first_ : &last_->next) = &added;
    last_ = &added;
  }
  void push_front(cell<T>& added) noexcept {
    added.next = first_;
    if (first_ == nullptr) last_ = &added;
    first_ = &added;
  }
  /// Null when empty.
  cell<T>* pop_front() noexcept {
    cell<T>* const taken = first_;
    if (taken != nullptr) first_ = taken->next;
    return taken;
  }

 private:
  cell<T>* first_ = nullptr;
  cell<T>* last_ = nullptr;
};

}  // namespace coir::detail
