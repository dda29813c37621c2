// SPDX-License-Identifier: BSL-1.0
/// How memory looks that processes share.
///
/// Fresh memory is zero, and so is everything here that nobody has used yet: nothing needs to be made.
/// Whoever changes something may die at any step. So a change either is one store, or is written down
/// as an intent before: whoever finds the lock of a dead owner first does what is written there.
/// Nothing is linked: those who wait stand in places, with the number of their turn, and whoever looks
/// for the first of them looks at all. A chain would be cut in two by a death.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "shared/identity.hpp"

namespace coir::detail {

/// A process that uses the segment, named by its place in the table plus one.
struct alignas(64) participant {
  std::atomic<process_identity> who{0};
  std::atomic<std::uint64_t> bell{0};  // the name of its socket; 0: it has none yet
  std::atomic<std::uint64_t> rung{0};  // its name, if it was rung and not heard yet
};

/// A place's word.
///
///   idle         nobody waits, no item
///   getting      waits for an item            -> handed, refused
///   putting      waits for room, has an item  -> admitted, refused
///   joining      waits in join()              -> granted
///   queued       waits for a primitive        -> granted, refused
///   handed       has an item that was taken, by itself or for it, until get() returns
///   kept         has the item with which get() has returned, until task_done()
///   granted      of a mutex: it was given it, and lock() has not returned
///   holding      of a mutex: lock() has returned
///   withdrawn    was cancelled while it waited, and whoever came first has taken it out
///   | asleep     its thread is in the kernel, or on its way
/// From a waiting state others may change it, with the lock held; from any other, its owner alone.
namespace place_word {
inline constexpr std::uint32_t idle = 0;
inline constexpr std::uint32_t handed = 1;
inline constexpr std::uint32_t admitted = 2;
inline constexpr std::uint32_t refused = 3;
inline constexpr std::uint32_t granted = 4;
inline constexpr std::uint32_t holding = 5;
inline constexpr std::uint32_t withdrawn = 6;
inline constexpr std::uint32_t kept = 7;
inline constexpr std::uint32_t waiting = 0x80;  // a bit that all who wait have
inline constexpr std::uint32_t getting = waiting | 1;
inline constexpr std::uint32_t putting = waiting | 2;
inline constexpr std::uint32_t joining = waiting | 3;
inline constexpr std::uint32_t queued = waiting | 4;
inline constexpr std::uint32_t asleep = 0x100;
}  // namespace place_word

/// Where a task stands while it does something here.
struct alignas(64) place {
  std::atomic<std::uint32_t> word{place_word::idle};
  std::atomic<std::uint32_t> owner{0};   // participant; 0: free
  std::atomic<std::uint64_t> turn{0};    // who waits longer has the smaller one
  std::atomic<std::uint64_t> taken{0};   // of an item: when it was taken
  std::atomic<std::uint64_t> number{0};  // whatever else is told to who waits
  std::atomic<bool> by_bell{false};      // it is woken by its process's bell and not by a futex
  std::atomic<bool> leaving{false};      // its task was cancelled: nothing is given to it any more

  [[nodiscard]] std::uint32_t state() const noexcept {
    return word.load(std::memory_order_acquire) & ~place_word::asleep;
  }
};

/// A lock that does not die with its owner. segment::lock() takes it.
struct robust_lock {
  std::atomic<std::uint32_t> word{0};  // 0: free; else the owner, and maybe `contended`

  static constexpr std::uint32_t contended = 0x8000'0000;
};

/// What every segment begins with.
struct segment_head {
  static constexpr std::size_t most_participants = 254;
  static constexpr std::size_t most_places = 1024;

  std::atomic<std::uint32_t> newcomers{0};    // how many participants have come
  std::atomic<std::uint32_t> places_used{0};  // those behind were never used
  // Whether to look for places that are leaving: of those who put, and of all others. Set after theirs.
  std::atomic<bool> some_leave[2]{};
  participant participants[most_participants];
  place places[most_places];
};

}  // namespace coir::detail
