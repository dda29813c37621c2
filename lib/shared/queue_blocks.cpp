// SPDX-License-Identifier: BSL-1.0
/// The blocks in which a shared queue's big items lie: taking, filling, emptying, freeing.

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include <coir/model/archive.hpp>

#include "shared/own_block.hpp"

namespace coir::detail {
namespace {

/// Whom no living process need free.
constexpr std::uint32_t an_items = segment_head::most_participants + 1;

class block_archive final : public output_archive {
 public:
  block_archive(std::byte* block, std::size_t size) noexcept : most_(size) {
    begin_ = at_ = block;
    end_ = at_ + size;
  }

 private:
  void overflow(void const*, std::size_t size) override {
    throw std::length_error(
        "coir: an item of a shared queue takes " + std::to_string(this->size() + size) +
        " bytes or more when it is packed, and this queue has room for " + std::to_string(most_) +
        " of one; make it as shared<queue<T>>(capacity, most_bytes)");
  }

  std::size_t const most_;
};

}  // namespace

// ---- one block -----------------------------------------------------------------------------------

void queue_body::own_block::pack(item_source item) {
  block_.index = in_.take_block();
  has_ = true;
  reached(step::block_taken);
  std::byte* const to = in_.block_at(block_.index);
  std::size_t size = in_.plan_.items.bytes;
  if (item.pack == nullptr) {
    std::memcpy(to, item.from, size);
  } else {
    block_archive out(to, size);
    item.pack(out, item.from);
    size = out.size();
  }
  block_.size = static_cast<std::uint32_t>(size);
  reached(step::block_filled);
}

queue_body::in_block queue_body::block_in(place const& of) const noexcept {
  in_block block;
  std::memcpy(&block, in_place(of), sizeof block);
  return block;
}

void queue_body::own_block::adopt(in_block const& which) noexcept {
  in_.owner_of(which.index).store(in_.self(), std::memory_order_relaxed);
  block_ = which;
  has_ = true;
}

void queue_body::own_block::give_up() noexcept {
  reached(step::block_left);
  in_.owner_of(block_.index).store(0, std::memory_order_release);
}

void queue_body::deliver_item(own_place& own, own_block& left, item_sink into) {
  if (!plan_.plain) [[unlikely]]
    return deliver_other(own, left, into);
  copy(into.into, in_place(*own));
  reached(step::getter_woken);
}

void queue_body::deliver_other(own_place& own, own_block& left, item_sink into) {
  if (plan_.keeps) make_sure_one_may_be_kept(*own);
  if (!plan_.in_blocks) {
    copy(into.into, in_place(*own));
  } else {
    in_block const block = block_in(*own);
    std::byte const* const from = block_at(block.index);
    if (into.loan != nullptr)
      return into.loan->begin(*this, index_of(*own.release()), {from, block.size});
    std::memcpy(into.into, from, block.size);
  }
  got(own, left);
}

/// The caller has the item. Its block is his before the place is left: whoever buries him between the two finds
/// no item in it, and frees it.
void queue_body::got(own_place& own, own_block& left) noexcept {
  reached(step::getter_woken);
  if (plan_.keeps) return keep(*own.release());
  left.adopt(block_in(*own));
}

void queue_body::end_loan(std::size_t which, bool give_back) noexcept {
  own_block left(*this);
  own_place own(*this, common().places[which]);
  if (give_back) {
    take_back(*own);
  } else {
    got(own, left);
  }
}

/// An item that somebody has taken and cannot get.
void queue_body::take_back(place& own) noexcept {
  lock_getters();
  give_back(own);
  unlock_getters();
  serve();
}

// ---- all of them ---------------------------------------------------------------------------------

bool queue_body::take_block(std::uint32_t which) noexcept {
  auto& owner = owner_of(which);
  std::uint32_t nobody = 0;
  return owner.load(std::memory_order_relaxed) == 0 &&
         owner.compare_exchange_strong(nobody, self(), std::memory_order_acquire,
                                       std::memory_order_relaxed);
}

/// They are freed in about the order in which they were taken: so the next one is free already, or nearly
/// none is. All are looked at only if many must be free.
std::uint32_t queue_body::take_block() {
  constexpr std::uint32_t a_few = 8, many = 64;
  queue_memory& all = memory();
  auto& used = all.blocks_used;
  std::uint32_t const there = used.load(std::memory_order_acquire);
  std::uint64_t const queued =
      all.put.tail.load(std::memory_order_relaxed) - all.get.head.load(std::memory_order_relaxed);
  bool const look_at_all = there > queued + many || there == plan_.most_blocks;
  std::uint32_t const first = next_block_.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < (look_at_all ? there : std::min(there, a_few)); ++i) {
    std::uint32_t const which = (first + i) % there;
    if (!take_block(which)) continue;
    next_block_.store(which + 1, std::memory_order_relaxed);
    return which;
  }
  for (std::uint32_t which = there; which < plan_.most_blocks; ++which) {
    // It counts before it is taken: who buries the one who dies in between sees it.
    std::uint32_t seen = used.load(std::memory_order_relaxed);
    while (seen < which + 1 &&
           !used.compare_exchange_weak(seen, which + 1, std::memory_order_acq_rel)) {
    }
    if (!take_block(which)) continue;
    next_block_.store(which + 1, std::memory_order_relaxed);
    return which;
  }
  throw std::runtime_error("coir: more than " + std::to_string(segment_head::most_places) +
                           " tasks at once put into one shared queue");
}

std::size_t queue_body::blocks_taken() const noexcept {
  std::size_t taken = 0;
  for (std::size_t i = 0; i < memory().blocks_used.load(std::memory_order_acquire); ++i)
    if (owner_of(i).load(std::memory_order_acquire) != 0) ++taken;
  return taken;
}

/// With both locks held. Those who live take and free their own meanwhile; a dead one's nobody does but who
/// has got its item.
void queue_body::free_blocks_of(std::uint32_t dead) noexcept {
  if (!plan_.in_blocks) return;
  std::uint64_t const tail = memory().put.tail.load(std::memory_order_relaxed);
  for (auto each = memory().get.head.load(std::memory_order_relaxed); each != tail; ++each)
    keep_block_of(in_ring(each), dead);
  for_each_place([&](place& each) {
    if (has_taken(each)) keep_block_of(in_place(each), dead);
  });
  for (std::size_t i = 0; i < memory().blocks_used.load(std::memory_order_acquire); ++i) {
    std::uint32_t owner = dead;
    owner_of(i).compare_exchange_strong(owner, 0, std::memory_order_acq_rel);
  }
}

void queue_body::keep_block_of(std::byte const* item, std::uint32_t dead) noexcept {
  in_block block;
  std::memcpy(&block, item, sizeof block);
  owner_of(block.index).compare_exchange_strong(dead, an_items, std::memory_order_relaxed);
}

}  // namespace coir::detail
