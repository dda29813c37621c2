// SPDX-License-Identifier: BSL-1.0
/// barrier: so many tasks wait until all of them are there.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include <coir/base/error.hpp>
#include <coir/cancel/suspend.hpp>
#include <coir/time/deadline.hpp>
#include <coir/wait/wait_queue.hpp>

namespace coir {

/// Lets tasks go on `parties` at a time.
///
/// The last one of a round lets all of them through, and the barrier is ready for the next round at
/// once: one who comes back early waits for that one. A party that leaves by a cancel or a timeout
/// just does not count; the barrier stays usable, unlike threading.Barrier (Q5). abort() tells the
/// others that it is of no use to wait.
/// Destroying a barrier at which tasks still wait is a bug and aborts.
/// Thread: any.  Mirrors: asyncio.Barrier.
class COIR_EXPORT barrier {
 public:
  ///   Throws: std::invalid_argument if `parties` is 0.
  explicit barrier(std::size_t parties);
  ~barrier();
  barrier(barrier const&) = delete;
  barrier& operator=(barrier const&) = delete;

  /// Waits until `parties` are here. Returns each a number of its own, from 0 for the one who came
  /// first to parties - 1 for the last: for work that one of them is to do.
  ///   Blocks: yes; a suspension point for the last one too.
  ///   Wakes: all the others, when the last one comes.
  ///   Throws: cancelled, and then the caller has not been here; broken_barrier after abort(), or if
  ///   reset() comes meanwhile.
  std::size_t wait() { return *wait_until(never); }

  /// The same, for no longer than `limit`: nullopt, and the caller has not been here, then. Zero or
  /// less lets through only one who is the last.
  template <class Rep, class Period>
  [[nodiscard]] std::optional<std::size_t> wait_for(std::chrono::duration<Rep, Period> limit) {
    return wait_until(detail::deadline_after(now(), limit));
  }
  std::optional<std::size_t> wait_until(time_point deadline);

  /// Breaks it: until reset(), whoever waits or comes gets broken_barrier. Those who were let through
  /// already pass (C5).
  ///   Blocks: never.  Wakes: all who wait.
  void abort() noexcept { break_up(true); }

  /// Makes it as new. Those who wait get broken_barrier.
  ///   Blocks: never.  Wakes: all who wait.
  void reset() noexcept { break_up(false); }

  /// How many make a round.
  [[nodiscard]] std::size_t parties() const noexcept { return parties_; }
  /// How many of them wait here now.
  [[nodiscard]] std::size_t waiting() const noexcept;
  /// Whether abort() was called, and no reset() since.
  [[nodiscard]] bool is_broken() const noexcept;

 private:
  enum class fate : unsigned char { undecided, left, passed, broken };
  struct party;

  void forget_gone() noexcept;
  void leave(party& self) noexcept;
  void break_up(bool for_good) noexcept;

  std::size_t const parties_;
  mutable detail::spin_lock lock_;  // guards the rest
  std::size_t here_ = 0;            // length of line_; less than parties_
  bool broken_ = false;
  detail::list<party, detail::list_hook> line_;  // in the order they came
};

}  // namespace coir
