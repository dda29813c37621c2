// SPDX-License-Identifier: BSL-1.0
/// Getting items from a shared queue, and waiting for one.

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <sched.h>

#include "shared/own_block.hpp"
#include "shared/queue_spin.hpp"

namespace coir::detail {

/// The other side had this thread's processor, and can do nothing while it spins. Once it has run it has
/// often put something. If there are others to run too, the turn is back late: who sleeps instead has it
/// sooner once he is woken, so that is done for a while, and for longer each time.
/// Not for who waits for room: two that take turns stay on one processor, and a stream is faster on two.
void queue_body::give_up_turn() noexcept {
  constexpr std::chrono::microseconds late{300};
  constexpr std::uint32_t fewest = 64, most = 1 << 16;
  std::uint32_t const keep = turns_to_keep_.load(std::memory_order_relaxed);
  if (keep != 0) return turns_to_keep_.store(keep - 1, std::memory_order_relaxed);
  auto const before = std::chrono::steady_clock::now();
  ::sched_yield();
  if (std::chrono::steady_clock::now() - before <= late)
    return last_kept_.store(0, std::memory_order_relaxed);
  std::uint32_t const longer =
      std::clamp(last_kept_.load(std::memory_order_relaxed) * 2, fewest, most);
  last_kept_.store(longer, std::memory_order_relaxed);
  turns_to_keep_.store(longer, std::memory_order_relaxed);
}

bool queue_body::get(item_sink into, time_point deadline) {
  task_core& running = checkpoint();
  enter();
  own_block left(*this);  // freed when the place is not the item's any more
  own_place own(*this);
  queue_memory& all = memory();
  lock_getters();
  bool taken = all.waiting.getters.load(std::memory_order_relaxed) == 0 && take(*own);
  if (!taken && may_spin(running, deadline)) {
    unlock_getters();
    if (all.put.cpu.load(std::memory_order_relaxed) == 1 + ::sched_getcpu()) {
      give_up_turn();
    } else {
      spin_until(between_looks_for_an_item, [this] { return looks_filled(); });
    }
    lock_getters();
    taken = all.waiting.getters.load(std::memory_order_relaxed) == 0 && take(*own);
  }
  if (taken) {
    unlock_getters();
    serve();
  } else if (!wait_for_item(running, *own, deadline)) {
    return false;
  }
  deliver_item(own, left, into);
  return true;
}

bool queue_body::try_get(item_sink into) {
  enter();
  own_block left(*this);
  own_place own(*this);
  queue_memory& all = memory();
  chosen woken(*this);
  lock_getters();
  bool const closed = all.waiting.shut_down.load(std::memory_order_seq_cst);
  settle_getters(woken);
  bool const taken = take(*own);
  unlock_getters();
  woken.wake_all();
  if (taken) {
    serve();
    deliver_item(own, left, into);
  } else if (closed) {
    throw queue_shut_down();
  }
  return taken;
}

/// With the lock of those who get held; releases it. The item is in the place, or false.
bool queue_body::wait_for_item(task_core& running, place& own, time_point deadline) {
  queue_getter(running, own, place_word::getting);
  {
    chosen woken(*this);
    settle_getters(woken);
    unlock_getters();
  }
  reached(step::getter_queued);
  serve();
  switch (wait_or_withdraw(running, own, place_word::getting, "queue::get", deadline,
                           shielding::none,
                           [&] { return withdraw_getter(own, place_word::getting); })) {
    case wake_reason::cancelled: deliver(running);
    case wake_reason::timed_out: return false;
    case wake_reason::fulfilled: break;
  }
  if (own.state() == place_word::refused) throw queue_shut_down();
  return true;
}

void queue_body::queue_getter(task_core const& running, place& own, std::uint32_t as) noexcept {
  queue_memory& all = memory();
  begin_wait(running, own, ++all.get.turns);
  own.word.store(as, std::memory_order_seq_cst);
  auto& count = as == place_word::getting ? all.waiting.getters : all.waiting.joiners;
  // Before the look at what is there: who adds to that looks here afterwards.
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst);
}

bool queue_body::withdraw_getter(place& own, std::uint32_t from) noexcept {
  queue_memory& all = memory();
  auto& count = from == place_word::getting ? all.waiting.getters : all.waiting.joiners;
  lock_getters();
  bool const waited = own.state() == from;
  if (waited) {
    own.word.store(place_word::idle, std::memory_order_release);
    count.store(count.load(std::memory_order_relaxed) - 1, std::memory_order_seq_cst);
  }
  unlock_getters();
  return waited;
}

}  // namespace coir::detail
