// SPDX-License-Identifier: BSL-1.0
/// Counting what is done, and shutting down.

#include <coir/queue/queue_core.hpp>

#include <algorithm>
#include <mutex>

#include <coir/base/check.hpp>
#include <coir/cancel/suspend.hpp>

namespace coir::detail {

using guard = std::lock_guard<spin_lock>;

std::size_t queue_core::current_size() const noexcept {
  guard const held(lock);
  return size;
}

queue_statistics queue_core::statistics() const noexcept {
  guard const held(lock);
  return {.size = size,
          .capacity = capacity(),
          .peak_size = peak_size,
          .unfinished = unfinished,
          .waiting_getters = getters.count_parked(),
          .waiting_putters = putters.count_parked(),
          .waiting_joiners = joiners.count_parked()};
}

void queue_core::task_done() {
  wake_chain woken;
  {
    guard const held(lock);
    if (unfinished == 0) misuse("coir: queue::task_done() was called more often than put()");
    if (--unfinished == 0) joiners.claim_all(woken);
  }
  woken.wake_all();
}

void queue_core::join() {
  task_core& self = checkpoint();
  lock.lock();
  if (unfinished == 0) {
    lock.unlock();
    return;
  }
  wait_node node(self);
  joiners.push_back(node);
  if (suspend(self, lock, node, "queue::join") == wake_reason::cancelled) deliver(self);
}

void queue_core::shut_down_and_unlock(std::size_t dropped) noexcept {
  wake_chain woken;
  shut_down = true;
  for (wait_queue* each : {&getters, &putters}) {
    while (wait_node* const node = each->claim_first()) {
      node->item = nullptr;
      woken.add(node->task);
    }
  }
  std::size_t const before = unfinished;
  unfinished -= std::min(dropped, unfinished);
  if (before != 0 && unfinished == 0) joiners.claim_all(woken);
  lock.unlock();
  woken.wake_all();
}

void queue_core::throw_shut_down() {
  lock.unlock();
  throw queue_shut_down();
}

}  // namespace coir::detail
