// SPDX-License-Identifier: BSL-1.0
/// Taking part, the robust lock, places.

#include "shared/segment.hpp"

#include <mutex>
#include <new>
#include <stdexcept>
#include <string>

#include <coir/base/relax.hpp>
#include <coir/sys/futex.hpp>

#include "shared/neighbours.hpp"

namespace coir::detail {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::atomic<void (*)(step at)> step_hook{nullptr};

// ---- taking part ---------------------------------------------------------------------------------

segment::segment(std::size_t size) : memory_(size) { neighbours::prepare(); }

segment::segment(descriptor file, std::size_t size) : memory_(std::move(file), size) {
  neighbours::prepare();
}

bool segment::takes_part() const noexcept {
  return generation_.load(std::memory_order_acquire) ==
         neighbours::generation.load(std::memory_order_relaxed);
}

void segment::enter() {
  if (!takes_part()) [[unlikely]]
    neighbours::join(*this);
}

void segment::leave() noexcept { neighbours::leave(*this); }

/// What a copy of a process has of this is its parent's: nobody waits, and no place is its own.
void segment::begin_anew(std::uint32_t self) noexcept {
  self_ = self;
  newcomers_seen_ = 0;
  spare_.store(nullptr, std::memory_order_relaxed);
  ::new (static_cast<void*>(&waits_lock_)) spin_lock;
  ::new (static_cast<void*>(&waits_)) list<local_wait, list_hook>;
}

void segment::strike_out(std::uint32_t dead) noexcept {
  for_each_place([dead](place& each) {
    std::uint32_t owner = dead;
    each.owner.compare_exchange_strong(owner, 0, std::memory_order_acq_rel);
  });
  of(dead).bell.store(0, std::memory_order_relaxed);
  of(dead).who.store(0, std::memory_order_release);
}

// ---- the lock ------------------------------------------------------------------------------------

bool segment::lock_taken(robust_lock& which) noexcept {
  constexpr int spins = 100;
  for (int i = 0; i < spins; ++i) {
    std::uint32_t seen = which.word.load(std::memory_order_relaxed);
    if (seen == 0 && which.word.compare_exchange_weak(seen, self_, std::memory_order_acquire,
                                                      std::memory_order_relaxed))
      return false;
    relax();
  }
  // From now on as one of those who sleep: whoever frees it wakes one of them.
  std::uint32_t const mine = self_ | robust_lock::contended;
  time_point look_again = steady_clock::now();
  for (;;) {
    std::uint32_t seen = which.word.load(std::memory_order_relaxed);
    if (seen == 0) {
      if (which.word.compare_exchange_weak(seen, mine, std::memory_order_acquire,
                                           std::memory_order_relaxed))
        return false;
      continue;
    }
    std::uint32_t const owner = seen & ~robust_lock::contended;
    if (steady_clock::now() >= look_again) {
      process_identity const process = of(owner).who.load(std::memory_order_acquire);
      look_again = steady_clock::now() + milliseconds(10);
      if (owner != self_ && process != 0 && is_gone(process)) {
        if (which.word.compare_exchange_strong(seen, mine, std::memory_order_acquire,
                                               std::memory_order_relaxed))
          return true;
        continue;  // another was first
      }
    }
    if (seen != (owner | robust_lock::contended) &&
        !which.word.compare_exchange_weak(seen, owner | robust_lock::contended,
                                          std::memory_order_relaxed))
      continue;
    shared_futex_wait(which.word, owner | robust_lock::contended, look_again);
  }
}

void segment::unlock(robust_lock& which) noexcept {
  std::uint32_t const before = which.word.exchange(0, std::memory_order_seq_cst);
  if ((before & robust_lock::contended) != 0) [[unlikely]]
    shared_futex_wake(&which.word);
}

// ---- places --------------------------------------------------------------------------------------

place& segment::take_place() {
  if (place* const spare = spare_.exchange(nullptr, std::memory_order_acquire)) return *spare;
  segment_head& head = common();
  for (std::uint32_t i = 0; i < segment_head::most_places; ++i) {
    place& each = head.places[i];
    if (each.owner.load(std::memory_order_relaxed) != 0) continue;
    // It counts before it is taken: who buries the one who dies in between sees it.
    std::uint32_t used = head.places_used.load(std::memory_order_relaxed);
    while (used < i + 1 &&
           !head.places_used.compare_exchange_weak(used, i + 1, std::memory_order_acq_rel)) {
    }
    std::uint32_t nobody = 0;
    if (!each.owner.compare_exchange_strong(nobody, self_, std::memory_order_acq_rel)) continue;
    reached(step::place_taken);
    return each;
  }
  throw std::runtime_error("coir: more than " + std::to_string(segment_head::most_places) +
                           " tasks at once wait at one shared queue or primitive");
}

void segment::leave_place(place& left) noexcept {
  left.word.store(place_word::idle, std::memory_order_release);
  place* none = nullptr;
  if (spare_.load(std::memory_order_relaxed) == nullptr &&
      spare_.compare_exchange_strong(none, &left, std::memory_order_release,
                                     std::memory_order_relaxed))
    return;
  left.owner.store(0, std::memory_order_release);
}

place* segment::oldest(std::uint32_t state) const noexcept {
  place* first = nullptr;
  std::uint64_t turn = 0;
  for_each_place([&](place& each) {
    if (each.state() != state) return;
    std::uint64_t const its = each.turn.load(std::memory_order_relaxed);
    if (first != nullptr && its > turn) return;
    first = &each;
    turn = its;
  });
  return first;
}

std::uint32_t segment::count(std::uint32_t state) const noexcept {
  std::uint32_t found = 0;
  for_each_place([&](place const& each) { found += each.state() == state ? 1U : 0U; });
  return found;
}

}  // namespace coir::detail
