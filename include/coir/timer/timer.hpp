// SPDX-License-Identifier: BSL-1.0
/// Timers of one thread: set, moved and cancelled in O(log n), equal deadlines in the order set.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <coir/time/clock.hpp>

namespace coir::detail {

/// Something to be done at a point in time. Lives with its owner, who cancels it before it goes.
struct timer {
  explicit timer(void (*fire_)(timer& self) noexcept) noexcept : fire(fire_) {}
  timer(timer const&) = delete;
  timer& operator=(timer const&) = delete;

  [[nodiscard]] bool is_set() const noexcept { return slot != unset; }

  static constexpr std::size_t unset = ~std::size_t{0};

  std::size_t slot = unset;                  // where the queue keeps it
  std::uint64_t order = 0;                   // later than those set before it
  void (*const fire)(timer& self) noexcept;  // called once it is no longer set
};

/// The timers of one worker, or of one thread task.
///
/// A four-ary heap of (deadline, timer) pairs: deadlines are compared without touching the timers,
/// and the four children of an entry share a cache line. A cancelled timer leaves at once: a server
/// that sets a timeout for every operation does not collect them.
/// Not chosen: a wheel, which rounds deadlines and wants ticks; a balanced tree, which misses the
/// cache at each level; lazy removal, which keeps what it forgot.
/// Thread: its own.
class COIR_EXPORT timer_queue {
 public:
  timer_queue() = default;
  timer_queue(timer_queue const&) = delete;
  timer_queue& operator=(timer_queue const&) = delete;

  /// Sets `added`, which is not set, to fire at `when`. O(log n); a million far timers set in order
  /// cost O(1) each.
  ///   Throws: std::bad_alloc, and then it is not set.
  void set(timer& added, time_point when);

  /// Takes `gone` out; harmless when it is not set. O(log n).
  void cancel(timer& gone) noexcept;

  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

  /// When the next timer is due; `never` when there is none.
  [[nodiscard]] time_point earliest() const noexcept {
    return heap_.empty() ? never : heap_.front().when;
  }

  /// Fires all that are due at `now`, in order of deadline, and then in the order they were set.
  /// True if there was any. Timers set meanwhile wait for the next call.
  bool fire_due(time_point now) noexcept;

 private:
  struct entry {
    time_point when;
    timer* what;
  };

  static bool before(entry const& a, entry const& b) noexcept {
    return a.when != b.when ? a.when < b.when : a.what->order < b.what->order;
  }
  void place(std::size_t slot, entry e) noexcept {
    heap_[slot] = e;
    e.what->slot = slot;
  }
  void sift_up(std::size_t slot, entry e) noexcept;
  void sift_down(std::size_t slot, entry e) noexcept;

  std::vector<entry> heap_;       // each entry is before its four children, at 4*slot+1 and on
  std::uint64_t next_order_ = 0;  // counts the timers set
};

}  // namespace coir::detail
