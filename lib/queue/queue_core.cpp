// SPDX-License-Identifier: BSL-1.0
/// Counting what is done, and shutting down.

#include <coir/queue/queue_core.hpp>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include <coir/base/check.hpp>
#include <coir/cancel/suspend.hpp>
#include <coir/model/model.hpp>
#include <coir/queue/shared_body.hpp>

namespace coir::detail {

using guard = std::lock_guard<spin_lock>;

bool on_processes() noexcept {
  return current_task() != nullptr && current_model() == model::processes;
}

void refuse_local_queue(std::size_t argument) {
  throw std::invalid_argument(
      "coir: this task cannot run in another process: " +
      (argument != 0 ? "argument " + std::to_string(argument) : std::string("what it is given")) +
      " is a queue that lies in the memory of this process, for it was not made inside a run on "
      "processes; make it there, or make it a coir::shared<coir::queue<T>>");
}

void queue_core::lie_in(std::shared_ptr<shared_queue_body> where) noexcept {
  elsewhere = std::move(where);
  limit = 0;
}

std::size_t queue_core::capacity() const noexcept {
  if (elsewhere != nullptr) return elsewhere->statistics().capacity;
  return limit == unlimited ? 0 : limit;
}

std::size_t queue_core::current_size() const noexcept {
  if (elsewhere != nullptr) return elsewhere->statistics().size;
  guard const held(lock);
  return size;
}

queue_statistics queue_core::statistics() const noexcept {
  if (elsewhere != nullptr) return elsewhere->statistics();
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
  if (elsewhere != nullptr) return elsewhere->task_done();
  wake_chain woken;
  {
    guard const held(lock);
    if (unfinished == 0) misuse("coir: queue::task_done() was called more often than put()");
    if (--unfinished == 0) joiners.claim_all(woken);
  }
  woken.wake_all();
}

void queue_core::join() {
  if (elsewhere != nullptr) return elsewhere->join();
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
