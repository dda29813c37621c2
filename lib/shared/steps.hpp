// SPDX-License-Identifier: BSL-1.0
/// The steps of what is done in shared memory, by number: for tests, which end a process at each.

#pragma once

#include <atomic>

#include <coir/base/config.hpp>

namespace coir::detail {

/// A moment at which a process may die and leave its work half done. Before each of them something in
/// shared memory has changed.
enum class step : unsigned char {
  place_taken,      // it has a place of its own
  block_taken,      // put: it has a block of its own for a big item
  block_filled,     // put: the item is in there
  block_left,       // get: no place has the block's item any more, and the block is not free yet
  getters_locked,   // it holds the lock of those who get
  putters_locked,   // it holds the lock of those who put
  item_read,        // take: the item is in its place, and still in the ring
  take_intended,    // take: written down
  head_advanced,    // take: the item is not in the ring any more
  item_taken,       // take: its place says that it has one
  take_done,        // take: what was written down is crossed out
  item_handed,      // hand-over: the place of who waits says that it has one
  getters_freed,    // the lock is free, and nobody is woken yet
  getter_queued,    // it waits for an item
  getter_woken,     // it waits no more, and has not returned
  item_written,     // put: the item is in the ring, behind its end
  tail_advanced,    // put: it counts
  putters_freed,    // the lock is free, and nobody is woken yet
  putter_queued,    // it waits for room
  admit_intended,   // letting in who waits for room: written down
  admitted,         // and the place of who waits says so
  item_kept,        // get: its place keeps the item until it is acknowledged
  drop_intended,    // an item is acknowledged or dropped: written down
  dropped,          // it counts as done, and its place still has it
  drop_done,        // its place is empty
  return_intended,  // a dead process's item goes back: written down
  returned,         // it is in the ring again
  buried,           // its places are empty, and not free yet
  locked,           // a primitive: it holds its lock
  intended,         // what it is about to do is written down
  done,             // and done
  freed,            // the lock is free, and nobody is woken yet
  queued,           // it waits
  granted,          // it waits no more, and has not returned
  rung,             // another's bell counts as rung, and is not yet
  count
};

/// What is called at each step; null: nothing.
COIR_EXPORT extern std::atomic<void (*)(step at)> step_hook;

inline void reached(step at) noexcept {
  if (auto const hook = step_hook.load(std::memory_order_relaxed); hook != nullptr) [[unlikely]]
    hook(at);
}

}  // namespace coir::detail
