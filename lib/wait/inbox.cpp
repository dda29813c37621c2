// SPDX-License-Identifier: BSL-1.0
/// The stack, its marker, and the bell.

#include "wait/inbox.hpp"

#include <cerrno>
#include <cstdint>

#include <unistd.h>

#include <coir/base/relax.hpp>

namespace coir::detail {
namespace {

/// What the inbox holds while its worker sleeps: whoever replaces it rings.
task_core* sleeping() noexcept {
  static char marker;
  return reinterpret_cast<task_core*>(&marker);
}

}  // namespace

void ring_bell(int wake_fd) noexcept {
  int const saved = errno;
  std::uint64_t const one = 1;
  (void)!::write(wake_fd, &one, sizeof one);  // fails only when it has been rung 2^64 times
  errno = saved;
}

inbox::~inbox() {
  // A waker may still be between its push and its last look at this inbox: that is a moment.
  while (pushing_.load(std::memory_order_acquire) != 0) relax();
}

void inbox::push(task_core& task) noexcept {
  pushing_.fetch_add(1, std::memory_order_relaxed);
  task_core* newest = newest_.load(std::memory_order_relaxed);
  do {
    task.next = newest == sleeping() ? nullptr : newest;
  } while (!newest_.compare_exchange_weak(newest, &task, std::memory_order_acq_rel,
                                          std::memory_order_relaxed));
  // From here on the task may run, and its run may end: only pushing_ keeps this inbox alive.
  if (newest == sleeping()) ring_bell(wake_fd);
  pushing_.fetch_sub(1, std::memory_order_release);
}

void inbox::ring() noexcept {
  pushing_.fetch_add(1, std::memory_order_relaxed);
  task_core* expected = sleeping();
  if (newest_.compare_exchange_strong(expected, nullptr, std::memory_order_acq_rel))
    ring_bell(wake_fd);
  pushing_.fetch_sub(1, std::memory_order_release);
}

task_core* inbox::take() noexcept {
  if (!any()) return nullptr;
  task_core* newest = newest_.exchange(nullptr, std::memory_order_acq_rel);
  if (newest == sleeping()) return nullptr;  // woken by a descriptor or the clock
  task_core* oldest = nullptr;               // turned round: first come, first served
  while (newest != nullptr) {
    task_core* const after = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = after;
  }
  return oldest;
}

bool inbox::fall_asleep() noexcept {
  task_core* expected = nullptr;
  return newest_.compare_exchange_strong(expected, sleeping(), std::memory_order_acq_rel,
                                         std::memory_order_relaxed);
}

}  // namespace coir::detail
