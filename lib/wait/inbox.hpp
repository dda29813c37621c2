// SPDX-License-Identifier: BSL-1.0
/// Where other threads leave woken tasks for a worker, and how they end its sleep.

#pragma once

#include <atomic>

#include <coir/wait/task_core.hpp>

namespace coir::detail {

/// Adds one to an eventfd. Async-signal-safe; keeps errno.
void ring_bell(int wake_fd) noexcept;

/// Woken tasks on their way to the worker that owns them.
///
/// A stack that the worker empties as a whole; the tasks are its links, so nothing is allocated.
/// While the worker sleeps the stack holds a marker, and whoever replaces that rings the bell:
/// nobody makes a system call to wake who is awake.
/// Thread: push() and ring(), any; the rest, the worker's.
class inbox {
 public:
  inbox() = default;
  inbox(inbox const&) = delete;
  inbox& operator=(inbox const&) = delete;
  ~inbox();

  /// Leaves a woken task here.
  void push(task_core& task) noexcept;

  /// Ends the worker's sleep, if it sleeps.
  void ring() noexcept;

  /// Whether there may be something to take.
  [[nodiscard]] bool any() const noexcept {
    return newest_.load(std::memory_order_relaxed) != nullptr;
  }

  /// Takes all, first come first, linked by task_core::next; null if there is none.
  task_core* take() noexcept;

  /// The worker is about to sleep: from now on a push() rings. False if something has come
  /// meanwhile.
  bool fall_asleep() noexcept;

  int wake_fd = -1;  // the eventfd that is the bell; set by the worker

 private:
  std::atomic<task_core*> newest_{nullptr};  // or `sleeping()`
  std::atomic<int> pushing_{0};              // threads inside push() or ring()
};

}  // namespace coir::detail
