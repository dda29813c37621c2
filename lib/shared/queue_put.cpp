// SPDX-License-Identifier: BSL-1.0
/// Putting items into a shared queue, and waiting for room.

#include "shared/own_block.hpp"
#include "shared/queue_spin.hpp"

namespace coir::detail {

bool queue_body::put(item_source item, time_point deadline) {
  task_core& running = checkpoint();
  enter();
  own_block block(*this);
  void const* const through = block.fill(item);
  queue_memory& all = memory();
  auto const put_now = [&] {
    if (all.waiting.shut_down.load(std::memory_order_relaxed)) {
      unlock_putters();
      throw queue_shut_down();
    }
    if (all.waiting.putters.load(std::memory_order_relaxed) != 0 || !has_room()) return false;
    append(through);
    block.release();
    unlock_putters();
    return true;
  };
  lock_putters();
  bool done = put_now();
  if (!done && may_spin(running, deadline)) {
    unlock_putters();
    spin_until(between_looks_for_room, [this] { return looks_roomy(); });
    lock_putters();
    done = put_now();
  }
  if (done) {
    serve();
    return true;
  }
  unlock_putters();
  own_place own(*this);
  copy(in_place(*own), through);
  bool const admitted = wait_for_room(running, *own, deadline);
  if (admitted) block.release();
  return admitted;
}

bool queue_body::try_put(item_source item) {
  enter();
  own_block block(*this);
  void const* const through = block.fill(item);
  queue_memory& all = memory();
  chosen woken(*this);
  lock_putters();
  settle_putters(woken);
  bool const closed = all.waiting.shut_down.load(std::memory_order_relaxed);
  bool const done = !closed && has_room();
  if (done) {
    append(through);
    block.release();
  }
  unlock_putters();
  woken.wake_all();
  serve();
  if (closed) throw queue_shut_down();
  return done;
}

/// The item is in the place.
bool queue_body::wait_for_room(task_core& running, place& own, time_point deadline) {
  queue_memory& all = memory();
  lock_putters();
  begin_wait(running, own, ++all.put.turns);
  own.word.store(place_word::putting, std::memory_order_seq_cst);
  auto& putters = all.waiting.putters;
  putters.store(putters.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst);
  {
    chosen woken(*this);
    settle_putters(woken);
    unlock_putters();
  }
  reached(step::putter_queued);
  serve();
  switch (wait_or_withdraw(running, own, place_word::putting, "queue::put", deadline,
                           shielding::none, [&] { return withdraw_putter(own); })) {
    case wake_reason::cancelled: deliver(running);
    case wake_reason::timed_out: return false;
    case wake_reason::fulfilled: break;
  }
  if (own.state() == place_word::refused) throw queue_shut_down();
  return true;
}

bool queue_body::withdraw_putter(place& own) noexcept {
  auto& putters = memory().waiting.putters;
  lock_putters();
  bool const waited = own.state() == place_word::putting;
  if (waited) {
    own.word.store(place_word::idle, std::memory_order_release);
    putters.store(putters.load(std::memory_order_relaxed) - 1, std::memory_order_seq_cst);
  }
  unlock_putters();
  return waited;
}

}  // namespace coir::detail
