// SPDX-License-Identifier: BSL-1.0
/// What shared primitives have in common: one lock, one value, and those who wait for it to change.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "shared/segment.hpp"

namespace coir::detail {

/// What the owner of a primitive's lock was about to do: written down before, crossed out when done.
enum class sync_intent : std::uint32_t {
  none,
  grant,     // the value becomes this one, and who waits in a place goes on
  take,      // likewise, and the place is that of one who need not wait
  give,      // the value becomes this one, and the place of a dead one is idle
  pass_all,  // all who wait go on
};

struct sync_memory : segment_head {
  struct alignas(64) {
    robust_lock lock;
    std::atomic<sync_intent> plan{sync_intent::none};
    std::atomic<std::uint64_t> value{0};
    std::atomic<std::uint64_t> plan_value{0};
    std::atomic<std::uint32_t> plan_place{0};
    std::atomic<bool> broken{false};
    std::uint64_t turns = 0;
  } state;
};

/// What a primitive says of itself: when those who wait go on, and what becomes of a dead one's place.
class sync_body : public segment {
 public:
  sync_body() : segment(sizeof(sync_memory)) {}
  explicit sync_body(descriptor file) : segment(std::move(file), sizeof(sync_memory)) {}

 protected:
  enum class outcome : unsigned char { granted, refused, timed_out };

  [[nodiscard]] auto& state() const noexcept { return static_cast<sync_memory&>(common()).state; }
  [[nodiscard]] std::uint64_t value() const noexcept {
    return state().value.load(std::memory_order_acquire);
  }

  /// While it lives, the lock is held; then it is free, and those who were let go on are woken.
  class guard {
   public:
    explicit guard(sync_body& of) noexcept;
    ~guard();
    guard(guard const&) = delete;
    guard& operator=(guard const&) = delete;
    chosen woken;

   private:
    sync_body& of_;
  };

  // With the lock held.
  void queue(task_core const& running, place& own) noexcept;
  void take(place& own, std::uint64_t value) noexcept;
  void grant(place& to, std::uint64_t value, chosen& woken) noexcept;
  void give(place& from, std::uint64_t value) noexcept;
  void refuse_all(chosen& woken) noexcept;
  void pass_all(chosen& woken) noexcept;

  /// Without it: waits in a place that was queued. A cancel is thrown, after the place was withdrawn.
  outcome wait_in(task_core& running, place& own, char const* what, time_point deadline,
                  shielding how = shielding::none);

  /// Lets those go on who may.
  virtual void settle(chosen& woken) noexcept = 0;
  /// What a dead one had been granted goes back.
  virtual void forget(place& of) noexcept = 0;

 private:
  void write_down(sync_intent what, place const& of, std::uint64_t value) noexcept;
  void finish_plan(chosen& woken) noexcept;
  void bury(std::uint32_t dead, process_identity process) noexcept final;
};

}  // namespace coir::detail
