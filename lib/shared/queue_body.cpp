// SPDX-License-Identifier: BSL-1.0
/// How a shared queue lies in memory; its ends as a whole.

#include "shared/queue_body.hpp"

#include <bit>
#include <cstring>
#include <stdexcept>
#include <string>

#include <coir/base/check.hpp>

#include "shared/own_block.hpp"
#include "shared/travel.hpp"

namespace coir::detail {
namespace {

constexpr std::size_t round_up(std::size_t size, std::size_t to) noexcept {
  return (size + to - 1) / to * to;
}

constexpr std::size_t most_memory = std::size_t{1} << 40;  // of which is used what is touched
constexpr std::size_t most_bytes = std::size_t{1} << 30;   // of one item
constexpr std::size_t most_in_ring = 64;                   // what is bigger has a block of its own

}  // namespace

std::shared_ptr<shared_queue_body> shared_queue_body::make(std::size_t capacity, item_shape items) {
  return std::make_shared<queue_body>(capacity, items, false);
}

std::shared_ptr<shared_queue_body> shared_queue_body::unpack(input_archive& in, bool packed) {
  std::uint64_t sizes[3];
  in.read(sizes, sizeof sizes);
  item_shape const items{static_cast<std::size_t>(sizes[1]), packed};
  return detail::unpack<queue_body>(in, static_cast<std::size_t>(sizes[0]), items, sizes[2] != 0);
}

void queue_body::pack(output_archive& out) {
  std::uint64_t const sizes[]{plan_.capacity, plan_.items.bytes, plan_.keeps ? 1U : 0U};
  out.write(sizes, sizeof sizes);
  detail::pack(out, shared_from_this());
}

queue_body::plan_of_memory::plan_of_memory(std::size_t capacity_, item_shape items_, bool keeps_)
    : capacity(capacity_),
      items(items_),
      in_blocks(items.packed || items.bytes > most_in_ring),
      keeps(keeps_),
      plain(!in_blocks && !keeps) {
  if (capacity == 0)
    throw std::invalid_argument(
        "coir: a shared queue needs a capacity: memory that processes share has an end");
  if (items.bytes == 0)
    throw std::invalid_argument("coir: a shared queue needs room for the bytes of an item, not 0");
  if (items.bytes > most_bytes || capacity > most_memory / (items.bytes + 64) / 4)
    throw std::invalid_argument("coir: a shared queue of " + std::to_string(capacity) +
                                " items of " + std::to_string(items.bytes) +
                                " bytes has no room in memory");
  in_ring = in_blocks ? sizeof(in_block) : items.bytes;
  stride = round_up(in_ring, 8);
  // Behind the items there is room for those that come back from places, twice: putters may not have
  // heard yet that some did.
  std::size_t const most_items = capacity + 2 * segment_head::most_places;
  std::size_t const slots = std::bit_ceil(most_items);
  ring_mask = slots - 1;
  in_places = round_up(sizeof(queue_memory), 64);
  ring = round_up(in_places + segment_head::most_places * stride, 64);
  owners = round_up(ring + slots * stride, 64);
  most_blocks = in_blocks ? most_items : 0;
  blocks = round_up(owners + most_blocks * sizeof(std::uint32_t), 64);
  // One line further each, so that their beginnings do not all compete for the same lines of a cache.
  block_stride = round_up(items.bytes, 64) + 64;
  total = blocks + most_blocks * block_stride;
}

queue_body::queue_body(std::size_t capacity, item_shape items, bool keeps)
    : queue_body(plan_of_memory(capacity, items, keeps)) {}

queue_body::queue_body(descriptor file, std::size_t capacity, item_shape items, bool keeps)
    : queue_body(std::move(file), plan_of_memory(capacity, items, keeps)) {}

void queue_body::copy(void* to, void const* from) const noexcept {
  if (plan_.in_ring == 8) {
    std::memcpy(to, from, 8);
  } else {
    std::memcpy(to, from, plan_.in_ring);
  }
}

std::uint64_t queue_body::unfinished() const noexcept {
  queue_memory const& all = memory();
  return all.put.tail.load(std::memory_order_seq_cst) -
         all.get.dropped.load(std::memory_order_seq_cst) - all.done.load(std::memory_order_seq_cst);
}

bool queue_body::looks_filled() const noexcept {
  return memory().put.tail.load(std::memory_order_seq_cst) !=
         memory().get.head.load(std::memory_order_relaxed);
}

bool queue_body::looks_roomy() const noexcept {
  return memory().put.tail.load(std::memory_order_relaxed) -
             memory().get.head.load(std::memory_order_seq_cst) <
         plan_.capacity;
}

// ---- the rest ------------------------------------------------------------------------------------

void queue_body::serve() noexcept {
  auto const& waiting = memory().waiting;
  for (;;) {
    bool const to_getters = waiting.getters.load(std::memory_order_seq_cst) != 0 && looks_filled();
    if (to_getters) {
      chosen woken(*this);
      lock_getters();
      settle_getters(woken);
      unlock_getters();
    }
    bool const from_putters = waiting.putters.load(std::memory_order_seq_cst) != 0 && looks_roomy();
    if (from_putters) {
      chosen woken(*this);
      lock_putters();
      settle_putters(woken);
      unlock_putters();
    }
    if (!to_getters && !from_putters) [[likely]]
      return;
  }
}

void queue_body::task_done() {
  enter();
  if (plan_.keeps) [[unlikely]]
    return acknowledge();
  queue_memory& all = memory();
  std::uint64_t before = all.done.load(std::memory_order_relaxed);
  do {
    if (all.put.tail.load(std::memory_order_seq_cst) ==
        all.get.dropped.load(std::memory_order_relaxed) + before)
      misuse("coir: queue::task_done() was called more often than put()");
  } while (!all.done.compare_exchange_weak(before, before + 1, std::memory_order_seq_cst));
  if (all.waiting.joiners.load(std::memory_order_seq_cst) == 0 || unfinished() != 0) return;
  chosen woken(*this);
  lock_getters();
  settle_getters(woken);
  unlock_getters();
}

void queue_body::join() {
  task_core& running = checkpoint();
  enter();
  if (unfinished() == 0) return;
  own_place own(*this);
  lock_getters();
  queue_getter(running, *own, place_word::joining);
  {
    chosen woken(*this);
    settle_getters(woken);
    unlock_getters();
  }
  auto const withdraw = [&] { return withdraw_getter(*own, place_word::joining); };
  if (wait_or_withdraw(running, *own, place_word::joining, "queue::join", never, shielding::none,
                       withdraw) == wake_reason::cancelled)
    deliver(running);
}

void queue_body::shut_down(bool immediate) {
  enter();
  queue_memory& all = memory();
  {
    chosen woken(*this);
    lock_putters();
    all.waiting.shut_down.store(true, std::memory_order_seq_cst);
    settle_putters(woken);
    unlock_putters();
  }
  chosen woken(*this);
  lock_getters();
  if (immediate) all.waiting.dropping.store(true, std::memory_order_seq_cst);
  settle_getters(woken);
  unlock_getters();
}

queue_statistics queue_body::statistics() {
  enter();
  queue_memory& all = memory();
  chosen woken(*this);  // who was cancelled does not wait any more
  lock_putters();
  settle_putters(woken);
  unlock_putters();
  lock_getters();
  settle_getters(woken);
  queue_statistics now;
  now.size = static_cast<std::size_t>(all.put.tail.load(std::memory_order_seq_cst) -
                                      all.get.head.load(std::memory_order_relaxed));
  now.capacity = plan_.capacity;
  now.unfinished = static_cast<std::size_t>(unfinished());
  now.waiting_getters = count(place_word::getting);
  now.waiting_putters = count(place_word::putting);
  now.waiting_joiners = count(place_word::joining);
  unlock_getters();
  return now;
}

}  // namespace coir::detail
