// SPDX-License-Identifier: BSL-1.0
/// Putting, getting, waiting for either.

#include "shared/queue_body.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>

#include <sched.h>

#include <coir/base/check.hpp>
#include <coir/base/relax.hpp>

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

/// The other side is about to do what is waited for, or it is not: to find out takes less than a
/// microsecond, and a futex takes more.
template <class Condition>
void spin_until(int between_looks, Condition&& holds) noexcept {
  constexpr int spins = 40;
  for (int i = 0; i < spins; i += between_looks) {
    for (int k = 0; k < between_looks; ++k) relax();
    if (holds()) return;
  }
}

/// Each look takes a line of the cache from the other side. Who waits for an item is often waited for in his turn,
/// and is to see it at once. Who waits for room has others behind him: he lets several items be taken before he
/// looks, or both sides would wait for that line at each.
constexpr int between_looks_for_an_item = 1;
constexpr int between_looks_for_room = 10;

/// A fiber has others to let run instead.
bool may_spin(task_core const& self, time_point deadline) noexcept {
  return self.kind != task_kind::fiber && self.kind != task_kind::boost_fiber &&
         deadline != time_point::min();
}

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

// ---- get -----------------------------------------------------------------------------------------

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

// ---- put -----------------------------------------------------------------------------------------

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
