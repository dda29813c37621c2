// SPDX-License-Identifier: BSL-1.0
/// The two ends of the ring, step by step, and what becomes of those that stopped at one.

#include <algorithm>
#include <array>

#include <sched.h>

#include "shared/queue_body.hpp"

namespace coir::detail {

// ---- the end of those who get --------------------------------------------------------------------

void queue_body::lock_getters() noexcept {
  queue_memory& all = memory();
  if (lock(all.get.lock)) [[unlikely]] {
    finish_plan_of_getters();
    all.waiting.getters.store(count(place_word::getting), std::memory_order_seq_cst);
    all.waiting.joiners.store(count(place_word::joining), std::memory_order_seq_cst);
  }
  reached(step::getters_locked);
}

void queue_body::unlock_getters() noexcept {
  unlock(memory().get.lock);
  reached(step::getters_freed);
}

bool queue_body::has_item() noexcept {
  auto& get = memory().get;
  std::uint64_t const head = get.head.load(std::memory_order_relaxed);
  if (get.tail_seen > head) return true;
  get.tail_seen = memory().put.tail.load(std::memory_order_seq_cst);
  return get.tail_seen > head;
}

void queue_body::write_down(intent what, place const* of, std::uint64_t head,
                            std::uint64_t dropped) noexcept {
  auto& get = memory().get;
  get.plan_place.store(of != nullptr ? static_cast<std::uint32_t>(index_of(*of)) : 0,
                       std::memory_order_relaxed);
  get.plan_head.store(head, std::memory_order_relaxed);
  get.plan_dropped.store(dropped, std::memory_order_relaxed);
  get.plan.store(what, std::memory_order_release);
}

/// From the ring into a place of the caller's own.
bool queue_body::take(place& own) noexcept {
  if (!has_item()) return false;
  auto& get = memory().get;
  std::uint64_t const head = get.head.load(std::memory_order_relaxed);
  copy(in_place(own), in_ring(head));
  own.taken.store(++get.takes, std::memory_order_relaxed);
  reached(step::item_read);
  write_down(intent::take, &own, head + 1, get.dropped.load(std::memory_order_relaxed));
  reached(step::take_intended);
  get.head.store(head + 1, std::memory_order_release);
  reached(step::head_advanced);
  own.word.store(place_word::handed, std::memory_order_release);
  reached(step::item_taken);
  get.plan.store(intent::none, std::memory_order_release);
  reached(step::take_done);
  return true;
}

/// From the ring into the place of one who waits. Once its word says so it is his, and he may be gone
/// with it: nothing of what is left to be done here touches the place.
void queue_body::hand(place& to, chosen& woken) noexcept {
  queue_memory& all = memory();
  auto& get = all.get;
  std::uint64_t const head = get.head.load(std::memory_order_relaxed);
  copy(in_place(to), in_ring(head));
  to.taken.store(++get.takes, std::memory_order_relaxed);
  reached(step::item_read);
  write_down(intent::hand, &to, head + 1, get.dropped.load(std::memory_order_relaxed));
  reached(step::take_intended);
  get.head.store(head + 1, std::memory_order_release);
  reached(step::head_advanced);
  all.waiting.getters.store(all.waiting.getters.load(std::memory_order_relaxed) - 1,
                            std::memory_order_relaxed);
  woken.end_wait(to, place_word::handed);
  reached(step::item_handed);
  get.plan.store(intent::none, std::memory_order_release);
  reached(step::take_done);
}

/// From a dead one's place to the head.
void queue_body::give_back(place& from) noexcept {
  auto& get = memory().get;
  std::uint64_t const head = get.head.load(std::memory_order_relaxed) - 1;
  if (memory().waiting.dropping.load(std::memory_order_relaxed)) return drop(&from, head + 1, 1);
  copy(in_ring(head), in_place(from));
  write_down(intent::give_back, &from, head, get.dropped.load(std::memory_order_relaxed));
  reached(step::return_intended);
  get.head.store(head, std::memory_order_release);
  reached(step::returned);
  from.word.store(place_word::idle, std::memory_order_release);
  get.plan.store(intent::none, std::memory_order_release);
}

/// Nobody will ever get these, or get them again: what is in the ring before `head`, or in a place.
void queue_body::drop(place* from, std::uint64_t head, std::uint64_t count) noexcept {
  auto& get = memory().get;
  std::uint64_t const dropped = get.dropped.load(std::memory_order_relaxed) + count;
  write_down(from != nullptr ? intent::drop_one : intent::drop, from, head, dropped);
  reached(step::drop_intended);
  get.head.store(head, std::memory_order_release);
  get.dropped.store(dropped, std::memory_order_seq_cst);
  reached(step::dropped);
  if (from != nullptr) from->word.store(place_word::idle, std::memory_order_release);
  reached(step::drop_done);
  get.plan.store(intent::none, std::memory_order_release);
}

/// What the last owner of the lock was about to do when he died. Whatever of it he had done is done again
/// and is the same then.
void queue_body::finish_plan_of_getters() noexcept {
  auto& get = memory().get;
  intent const plan = get.plan.load(std::memory_order_acquire);
  if (plan == intent::none) return;
  place& of = memory().places[get.plan_place.load(std::memory_order_relaxed)];
  get.head.store(get.plan_head.load(std::memory_order_relaxed), std::memory_order_release);
  get.dropped.store(get.plan_dropped.load(std::memory_order_relaxed), std::memory_order_seq_cst);
  chosen woken(*this);
  if (plan == intent::take) {
    of.word.store(place_word::handed, std::memory_order_release);
  } else if (plan == intent::hand) {
    // He waits still, or has it, and then the place may be another's by now.
    if (of.state() == place_word::getting) woken.end_wait(of, place_word::handed);
  } else if (plan != intent::drop) {
    of.word.store(place_word::idle, std::memory_order_release);
  }
  get.plan.store(intent::none, std::memory_order_release);
}

void queue_body::settle_getters(chosen& woken) noexcept {
  queue_memory& all = memory();
  auto& getters = all.waiting.getters;
  auto& joiners = all.waiting.joiners;
  let_leave(false, woken, [&](std::uint32_t state) {
    auto& count = state == place_word::getting ? getters : joiners;
    count.store(count.load(std::memory_order_relaxed) - 1, std::memory_order_seq_cst);
  });
  if (all.waiting.dropping.load(std::memory_order_relaxed)) {
    std::uint64_t const head = all.get.head.load(std::memory_order_relaxed);
    std::uint64_t const tail = all.put.tail.load(std::memory_order_seq_cst);
    if (tail != head) drop(nullptr, tail, tail - head);
  }
  while (getters.load(std::memory_order_relaxed) != 0) {
    // Nothing is put once this is true: what is not there then will never be.
    bool const closed = all.waiting.shut_down.load(std::memory_order_seq_cst);
    bool const filled = has_item();
    if (!filled && !closed) break;
    place* const first = oldest(place_word::getting);
    if (first == nullptr) {
      getters.store(0, std::memory_order_seq_cst);
    } else if (filled) {
      hand(*first, woken);
    } else {
      getters.store(getters.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
      woken.end_wait(*first, place_word::refused);
    }
  }
  if (joiners.load(std::memory_order_relaxed) == 0 || unfinished() != 0) return;
  joiners.store(0, std::memory_order_seq_cst);
  while (place* const first = oldest(place_word::joining))
    woken.end_wait(*first, place_word::granted);
}

// ---- the end of those who put --------------------------------------------------------------------

void queue_body::lock_putters() noexcept {
  queue_memory& all = memory();
  if (lock(all.put.lock)) [[unlikely]] {
    finish_plan_of_putters();
    all.waiting.putters.store(count(place_word::putting), std::memory_order_seq_cst);
  }
  reached(step::putters_locked);
}

void queue_body::unlock_putters() noexcept {
  unlock(memory().put.lock);
  reached(step::putters_freed);
}

bool queue_body::has_room() noexcept {
  auto& put = memory().put;
  std::uint64_t const tail = put.tail.load(std::memory_order_relaxed);
  if (tail - put.head_seen < plan_.capacity) return true;
  put.cpu.store(1 + ::sched_getcpu(), std::memory_order_relaxed);
  put.head_seen = memory().get.head.load(std::memory_order_seq_cst);
  return tail - put.head_seen < plan_.capacity;
}

void queue_body::append(void const* item) noexcept {
  auto& put = memory().put;
  std::uint64_t const tail = put.tail.load(std::memory_order_relaxed);
  copy(in_ring(tail), item);
  reached(step::item_written);
  put.tail.store(tail + 1, std::memory_order_release);
  reached(step::tail_advanced);
}

/// Puts the item of one who waits for room.
void queue_body::admit(place& from, chosen& woken) noexcept {
  queue_memory& all = memory();
  auto& put = all.put;
  std::uint64_t const tail = put.tail.load(std::memory_order_relaxed);
  copy(in_ring(tail), in_place(from));
  reached(step::item_written);
  put.plan_place.store(static_cast<std::uint32_t>(index_of(from)), std::memory_order_relaxed);
  put.plan_tail.store(tail + 1, std::memory_order_relaxed);
  put.plan.store(intent::admit, std::memory_order_release);
  reached(step::admit_intended);
  put.tail.store(tail + 1, std::memory_order_release);
  reached(step::tail_advanced);
  all.waiting.putters.store(all.waiting.putters.load(std::memory_order_relaxed) - 1,
                            std::memory_order_relaxed);
  woken.end_wait(from, place_word::admitted);
  reached(step::admitted);
  put.plan.store(intent::none, std::memory_order_release);
}

void queue_body::finish_plan_of_putters() noexcept {
  auto& put = memory().put;
  if (put.plan.load(std::memory_order_acquire) == intent::none) return;
  place& of = memory().places[put.plan_place.load(std::memory_order_relaxed)];
  put.tail.store(put.plan_tail.load(std::memory_order_relaxed), std::memory_order_release);
  chosen woken(*this);
  if (of.state() == place_word::putting) woken.end_wait(of, place_word::admitted);
  put.plan.store(intent::none, std::memory_order_release);
}

void queue_body::settle_putters(chosen& woken) noexcept {
  queue_memory& all = memory();
  auto& putters = all.waiting.putters;
  let_leave(true, woken, [&](std::uint32_t) {
    putters.store(putters.load(std::memory_order_relaxed) - 1, std::memory_order_seq_cst);
  });
  while (putters.load(std::memory_order_relaxed) != 0) {
    bool const closed = all.waiting.shut_down.load(std::memory_order_relaxed);
    if (!closed && !has_room()) return;
    place* const first = oldest(place_word::putting);
    if (first == nullptr) {
      putters.store(0, std::memory_order_seq_cst);
    } else if (!closed) {
      admit(*first, woken);
    } else {
      putters.store(putters.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
      woken.end_wait(*first, place_word::refused);
    }
  }
}

// ---- the dead ------------------------------------------------------------------------------------

/// Both locks: the only one who has two, and always in this order. With them he is alone here, and nobody
/// else buries the same one.
void queue_body::bury(std::uint32_t dead, process_identity process) noexcept {
  {
    chosen woken(*this);
    lock_getters();
    lock_putters();
    if (is_still(dead, process)) {
      bury_getters(dead);
      bury_putters(dead);
      free_blocks_of(dead);
      reached(step::buried);
      strike_out(dead);
      settle_getters(woken);
      settle_putters(woken);
    }
    unlock_putters();
    unlock_getters();
  }
  serve();
}

bool queue_body::has_taken(place const& one) noexcept {
  std::uint32_t const state = one.state();
  return state == place_word::handed || state == place_word::kept;
}

/// The item that was taken last goes back first.
void queue_body::give_back_all_of(std::uint32_t taker) noexcept {
  for (;;) {
    place* last = nullptr;
    for_each_place([&](place& each) {
      if (each.owner.load(std::memory_order_relaxed) != taker || !has_taken(each)) return;
      if (last == nullptr ||
          each.taken.load(std::memory_order_relaxed) > last->taken.load(std::memory_order_relaxed))
        last = &each;
    });
    if (last == nullptr) return;
    give_back(*last);
  }
}

void queue_body::bury_getters(std::uint32_t dead) noexcept {
  queue_memory& all = memory();
  give_back_all_of(dead);
  for_each_place([&](place& each) {
    std::uint32_t const state = each.state();
    if (each.owner.load(std::memory_order_relaxed) == dead && state != place_word::putting &&
        state != place_word::admitted)
      each.word.store(place_word::idle, std::memory_order_release);
  });
  all.waiting.getters.store(count(place_word::getting), std::memory_order_seq_cst);
  all.waiting.joiners.store(count(place_word::joining), std::memory_order_seq_cst);
}

/// What one puts who dies waiting was never put.
void queue_body::bury_putters(std::uint32_t dead) noexcept {
  for_each_place([&](place& each) {
    if (each.owner.load(std::memory_order_relaxed) == dead)
      each.word.store(place_word::idle, std::memory_order_release);
  });
  memory().waiting.putters.store(count(place_word::putting), std::memory_order_seq_cst);
}

}  // namespace coir::detail
