// SPDX-License-Identifier: BSL-1.0
/// Rounds, the inbox, and the switch.

#include "wait/ready_queue.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include <unistd.h>

#include <coir/base/relax.hpp>

namespace coir::detail {

constinit thread_local thread_state this_thread;

namespace {

/// The inbox's value while its worker sleeps: whoever replaces it rings.
task_core* sleeping() noexcept {
  static char marker;
  return reinterpret_cast<task_core*>(&marker);
}

void ring_bell(int wake_fd) noexcept {
  int const saved = errno;
  std::uint64_t const one = 1;
  (void)!::write(wake_fd, &one, sizeof one);  // fails only when it has been rung 2^64 times
  errno = saved;
}

}  // namespace

ready_queue::~ready_queue() {
  // A waker may still be between its push and its last look at this queue: that is a moment.
  while (pushing_.load(std::memory_order_acquire) != 0) relax();
}

void ready_queue::reserve_one() {
  std::size_t const room = ring_ ? mask_ + 1 : 0;
  if (tasks_ == room) {
    std::size_t const more = std::max<std::size_t>(64, room * 2);
    auto grown = std::make_unique<task_core*[]>(more);
    for (std::size_t at = head_; at != tail_; ++at) grown[at & (more - 1)] = ring_[at & mask_];
    ring_ = std::move(grown);
    mask_ = more - 1;
  }
  ++tasks_;
}

// --- The switch ---

task_core& ready_queue::go_on_after_end(stack& own) noexcept {
  task_core* next = pick();
  while (next != nullptr && next->flow.resume_at == nullptr) {
    if (reuse(*this, *next, own)) {
      this_thread.current = next;
      return *next;
    }
    if (begin(*this, *next)) break;
    next = pick();
  }
  this_thread.current = next;
  // Nobody takes this stack before the switch: its pool is this thread's.
  give_back(*this, own);
  departed_.on = &own;
  leave_for(departed_, next != nullptr ? next->flow : root);
}

void ready_queue::run_ready(time_point now) noexcept {
  rounds_left_ = rounds_per_look;
  round_end_ = tail_;
  last_look_ = now;
  if (task_core* const next = pick_begun()) {
    this_thread.current = next;
    switch_to(root, next->flow, *exceptions);
  }
}

// --- Rounds (S2) ---

/// Whether 100 µs have gone by since the loop last looked around. Reading the clock costs several
/// switches, so it is read every `stride_` of them, fewer the longer the tasks' turns are.
bool ready_queue::read_clock() noexcept {
  time_point const read = std::chrono::steady_clock::now();
  auto const since = read - last_clock_;
  last_clock_ = read;
  if (since < time_per_look / 4) {
    stride_ = std::min<std::size_t>(stride_ * 2, 64);
  } else if (since > time_per_look / 2) {
    stride_ = std::max<std::size_t>(stride_ / 8, 1);
  }
  next_clock_ = head_ + stride_;
  return read - last_look_ >= time_per_look;
}

// --- The inbox ---

void ready_queue::push_from_outside(task_core& task) noexcept {
  pushing_.fetch_add(1, std::memory_order_relaxed);
  task_core* newest = inbox_.load(std::memory_order_relaxed);
  do {
    task.next = newest == sleeping() ? nullptr : newest;
  } while (!inbox_.compare_exchange_weak(newest, &task, std::memory_order_acq_rel,
                                         std::memory_order_relaxed));
  // From here on the task may run, and its run may end: only pushing_ keeps this queue alive.
  if (newest == sleeping()) ring_bell(wake_fd);
  pushing_.fetch_sub(1, std::memory_order_release);
}

void ready_queue::ring_from_outside() noexcept {
  pushing_.fetch_add(1, std::memory_order_relaxed);
  task_core* expected = sleeping();
  if (inbox_.compare_exchange_strong(expected, nullptr, std::memory_order_acq_rel))
    ring_bell(wake_fd);
  pushing_.fetch_sub(1, std::memory_order_release);
}

bool ready_queue::take_inbox() noexcept {
  task_core* newest = inbox_.load(std::memory_order_relaxed);
  if (newest == nullptr) return false;
  newest = inbox_.exchange(nullptr, std::memory_order_acq_rel);
  if (newest == sleeping()) return false;  // woken by a descriptor or the clock
  task_core* oldest = nullptr;             // turned round: first come, first served
  while (newest != nullptr) {
    task_core* const after = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = after;
  }
  for (; oldest != nullptr; oldest = oldest->next) push(*oldest);
  return true;
}

bool ready_queue::fall_asleep() noexcept {
  task_core* expected = nullptr;
  return inbox_.compare_exchange_strong(expected, sleeping(), std::memory_order_acq_rel,
                                        std::memory_order_relaxed);
}

}  // namespace coir::detail
