// SPDX-License-Identifier: BSL-1.0
/// Tasks that wait for the same thing, oldest first.

#pragma once

#include <cstddef>

#include <coir/base/check.hpp>
#include <coir/base/list.hpp>
#include <coir/wait/task_core.hpp>

namespace coir::detail {

/// One task's place in one wait queue. Lies on that task's stack.
struct wait_node : list_hook {
  explicit wait_node(task_core& waiting) noexcept : task(&waiting) {}

  task_core* task;       // null: passed over, for the wait was over already
  void* item = nullptr;  // what is handed over with the wake; the queue's owner says what it is
};

/// The waiters of one primitive, first come, first served.
///
/// A claim_*() unlinks those whose wait is over already (timed out, cancelled, or fulfilled through
/// another node, and on their way to unlink themselves) and passes them over.
/// Thread: guarded by the primitive's lock.
class wait_queue {
 public:
  explicit wait_queue(char const* what) noexcept : what_(what) {}
  wait_queue(wait_queue const&) = delete;
  ~wait_queue() {
    if (!nodes_.empty()) die(what_);
  }

  [[nodiscard]] bool empty() const noexcept { return nodes_.empty(); }
  void push_back(wait_node& node) noexcept { nodes_.push_back(node); }
  void push_front(wait_node& node) noexcept { nodes_.push_front(node); }

  /// How many still wait: those whose wait is over and who have not left yet do not count.
  [[nodiscard]] std::size_t count_parked() const noexcept {
    std::size_t count = 0;
    for_each_parked([&count](task_core&) { ++count; });
    return count;
  }

  /// Calls `see` on each task that still waits, oldest first.
  template <class See>
  void for_each_parked(See&& see) const {
    nodes_.for_each([&see](wait_node const& node) {
      if (is_parked(*node.task)) see(*node.task);
    });
  }

  /// The oldest who still waits, or null; it stays in line. Unlinks those whose wait is over.
  wait_node* first_parked() noexcept {
    while (!nodes_.empty()) {
      wait_node& node = nodes_.front();
      if (is_parked(*node.task)) return &node;
      pass_over(node);
    }
    return nullptr;
  }

  /// Claims the oldest waiter, which the caller must wake after releasing the lock; null if nobody
  /// waits.
  wait_node* claim_first() noexcept {
    while (!nodes_.empty()) {
      wait_node& node = nodes_.pop_front();
      if (claim(*node.task, wake_reason::fulfilled)) return &node;
      pass_over(node);
    }
    return nullptr;
  }

  /// Claims every waiter, oldest first, for `woken` to wake after the lock is released.
  void claim_all(wake_chain& woken) noexcept {
    while (wait_node* node = claim_first()) woken.add(node->task);
  }

 private:
  /// The wait of `node` is over. Its owner needs the lock before the node may go, so it still is there.
  static void pass_over(wait_node& node) noexcept {
    node.unlink();
    node.task = nullptr;
  }

  list<wait_node, list_hook> nodes_;
  char const* const what_;  // what to say if it goes while tasks still wait
};

}  // namespace coir::detail
