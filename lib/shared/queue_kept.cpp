// SPDX-License-Identifier: BSL-1.0
/// Items of a shared queue that are acknowledged: kept in their places until task_done().
///
/// To acknowledge an item and to drop it is the same: nobody gets it again, and it is unfinished no more. So
/// it is done in the same steps (queue_body::drop), and a death in the midst of them is finished alike.
/// Not chosen: the word of the place and the count of task_done() changed one after the other without
/// the lock. A death between the two leaves an item that nobody has and join() waits for.

#include <stdexcept>
#include <string>

#include <coir/base/check.hpp>
#include <coir/shared/shared_queue.hpp>

#include "shared/own_block.hpp"

namespace coir::detail {

/// The others are for tasks that wait, of all processes: who never acknowledges stops himself first.
constexpr std::uint32_t most_kept = segment_head::most_places / 2;

std::shared_ptr<shared_queue_body> make_acknowledged(std::size_t capacity, item_shape items) {
  return std::make_shared<queue_body>(capacity, items, true);
}

void queue_body::make_sure_one_may_be_kept(place& own) {
  if (count(place_word::kept) < most_kept) return;
  take_back(own);
  throw std::runtime_error(
      "coir: " + std::to_string(most_kept) +
      " items of a shared queue with ack::manual were got and not acknowledged; "
      "call task_done() for each once it has been dealt with");
}

/// The place is the process's from now on, and not the task's.
void queue_body::keep(place& own) noexcept {
  own.word.store(place_word::kept, std::memory_order_release);
  reached(step::item_kept);
}

place* queue_body::first_kept() const noexcept {
  place* first = nullptr;
  for_each_place([&](place& each) {
    if (each.owner.load(std::memory_order_relaxed) != self() || each.state() != place_word::kept)
      return;
    if (first == nullptr ||
        each.taken.load(std::memory_order_relaxed) < first->taken.load(std::memory_order_relaxed))
      first = &each;
  });
  return first;
}

void queue_body::acknowledge() {
  own_block left(*this);  // freed when the place is not the item's any more
  place* first = nullptr;
  {
    chosen woken(*this);
    lock_getters();
    first = first_kept();
    if (first != nullptr) {
      if (plan_.in_blocks) left.adopt(block_in(*first));
      drop(first, memory().get.head.load(std::memory_order_relaxed), 1);
      settle_getters(woken);
    }
    unlock_getters();
  }
  if (first == nullptr)
    misuse(
        "coir: queue::task_done() was called in a process that has no item left to acknowledge; "
        "with ack::manual the process that got an item does so, once for each");
  leave_place(*first);
}

/// Nobody is here any more who could acknowledge them.
void queue_body::give_back_kept() noexcept {
  if (!takes_part()) return;  // a copy of the process that has them
  {
    chosen woken(*this);
    lock_getters();
    give_back_all_of(self());
    settle_getters(woken);
    unlock_getters();
  }
  serve();
}

}  // namespace coir::detail
