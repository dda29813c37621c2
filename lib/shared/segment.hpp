// SPDX-License-Identifier: BSL-1.0
/// A piece of memory that processes share, as one of them sees it.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <coir/base/list.hpp>
#include <coir/base/spin_lock.hpp>
#include <coir/cancel/suspend.hpp>

#include "shared/layout.hpp"
#include "shared/steps.hpp"
#include "sys/shared_memory.hpp"

namespace coir::detail {

/// What all shared things stand on: the memory, who takes part, their places, the robust lock, and how a
/// task waits in a place until another process has changed its word.
///
/// A process takes part from its first operation on, and so does a copy of it that fork() has made.
/// Thread: any.
class segment : public std::enable_shared_from_this<segment> {
 public:
  segment(segment const&) = delete;
  segment& operator=(segment const&) = delete;
  virtual ~segment() = default;

  [[nodiscard]] shared_memory const& memory() const noexcept { return memory_; }

 protected:
  /// Fresh memory, or that in `file`.
  ///   Throws: std::system_error.
  explicit segment(std::size_t size);
  segment(descriptor file, std::size_t size);

  /// To be called first in each operation.
  ///   Throws: std::system_error, std::runtime_error if too many processes take part already.
  void enter();
  /// To be called first in the destructor of the last class.
  void leave() noexcept;

  [[nodiscard]] std::byte* at(std::size_t offset) const noexcept {
    return memory_.bytes().data() + offset;
  }
  [[nodiscard]] segment_head& common() const noexcept {
    return *reinterpret_cast<segment_head*>(at(0));
  }
  [[nodiscard]] std::uint32_t self() const noexcept { return self_; }
  /// Whether this process has entered, and is not a copy of the one that has.
  [[nodiscard]] bool takes_part() const noexcept;

  // ---- the lock --------------------------------------------------------------------------------

  /// True: its owner has died, and what he was about to do is to be done first.
  ///   Blocks: the thread, for as long as others hold it.
  [[nodiscard]] bool lock(robust_lock& which) noexcept {
    std::uint32_t free = 0;
    if (which.word.compare_exchange_strong(free, self_, std::memory_order_acquire,
                                           std::memory_order_relaxed)) [[likely]]
      return false;
    return lock_taken(which);
  }
  /// A full fence, too: what was changed before is seen by whoever is seen to wait after.
  void unlock(robust_lock& which) noexcept;

  // ---- places ----------------------------------------------------------------------------------

  /// A place of the caller's own for one operation.
  class own_place {
   public:
    ///   Throws: std::runtime_error if all are taken.
    explicit own_place(segment& in) : own_place(in, in.take_place()) {}
    /// One that the caller has.
    own_place(segment& in, place& which) noexcept : in_(in), place_(&which) {}
    ~own_place() {
      if (place_ != nullptr) in_.leave_place(*place_);
    }
    own_place(own_place const&) = delete;
    own_place& operator=(own_place const&) = delete;
    place& operator*() const noexcept { return *place_; }
    place* operator->() const noexcept { return place_; }
    place* release() noexcept { return std::exchange(place_, nullptr); }

   private:
    segment& in_;
    place* place_;
  };

  [[nodiscard]] std::size_t index_of(place const& which) const noexcept {
    return static_cast<std::size_t>(&which - common().places);
  }
  void leave_place(place& left) noexcept;

  /// Calls `see` on each place that was ever used.
  template <class See>
  void for_each_place(See&& see) const {
    std::size_t const used = common().places_used.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < used; ++i) see(common().places[i]);
  }
  /// The one who waits longest of those in this state, or null.
  [[nodiscard]] place* oldest(std::uint32_t state) const noexcept;
  [[nodiscard]] std::uint32_t count(std::uint32_t state) const noexcept;

  // ---- waiting and waking ----------------------------------------------------------------------

  /// Before its word says that it waits: its turn, and how it is to be woken.
  static void begin_wait(task_core const& running, place& own, std::uint64_t turn) noexcept;

  /// Waits until `here` is not in the state `waiting` any more: fulfilled; or until the deadline or a
  /// cancel, and then the caller withdraws, with the lock held, unless he finds it fulfilled after all.
  ///   Throws: as suspend().
  wake_reason wait(task_core& self, place& here, std::uint32_t waiting, char const* what,
                   time_point deadline, shielding how = shielding::none);

  /// The same with its end: `withdraw` takes the place out, and returns whether it still waited (C4).
  template <class Withdraw>
  wake_reason wait_or_withdraw(task_core& self, place& here, std::uint32_t waiting,
                               char const* what, time_point deadline, shielding how,
                               Withdraw withdraw) {
    auto const is_out = [&] { return withdraw() || here.state() == place_word::withdrawn; };
    wake_reason reason = wake_reason::fulfilled;
    try {
      reason = wait(self, here, waiting, what, deadline, how);
    } catch (...) {
      if (is_out()) throw;
    }
    return reason != wake_reason::fulfilled && is_out() ? reason : wake_reason::fulfilled;
  }

  /// Who is to be woken once the lock is free.
  class chosen {
   public:
    explicit chosen(segment& in) noexcept : in_(in) {}
    ~chosen() { wake_all(); }
    chosen(chosen const&) = delete;
    chosen& operator=(chosen const&) = delete;

    /// Gives the place, whose task waits, this state.
    void end_wait(place& of, std::uint32_t state) noexcept;
    void wake_all() noexcept;
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }

   private:
    struct sleeper {
      place* at;
      std::uint32_t owner;  // 0: it sleeps on the place's word
    };
    segment& in_;
    std::size_t count_ = 0;
    std::array<sleeper, 16> sleepers_;
  };

  /// Takes out those in these states whose tasks were cancelled, with the lock held, and calls `gone` on
  /// each before its word says so. To be done before anything is given to who waits: so no cancel that came
  /// before is too late, and one that comes after does not change what is being given (C4).
  template <class Gone>
  void let_leave(bool putters, chosen& woken, Gone gone) noexcept {
    std::atomic<bool>& some = common().some_leave[putters ? 1 : 0];
    if (!some.load(std::memory_order_seq_cst)) [[likely]]
      return;
    some.store(false, std::memory_order_seq_cst);
    for_each_place([&](place& each) {
      std::uint32_t const state = each.state();
      if ((state & place_word::waiting) == 0 || (state == place_word::putting) != putters ||
          !each.leaving.load(std::memory_order_seq_cst))
        return;
      gone(state);
      woken.end_wait(each, place_word::withdrawn);
    });
  }

  // ---- the dead --------------------------------------------------------------------------------

  /// Puts in order what the participant, which was this process and is dead, has left, and wakes whom that
  /// concerns. May be done twice, and by several at once: who holds all locks and finds it there still
  /// does it.
  virtual void bury(std::uint32_t dead, process_identity process) noexcept = 0;

  [[nodiscard]] bool is_still(std::uint32_t who, process_identity process) const noexcept {
    return of(who).who.load(std::memory_order_acquire) == process;
  }
  /// All of its places are idle: they are free, and so is its place in the table. With all locks held,
  /// unless it is this process.
  void strike_out(std::uint32_t dead) noexcept;

 private:
  friend class neighbours;
  struct local_wait;
  struct farewell;

  [[nodiscard]] participant& of(std::uint32_t who) const noexcept {
    return common().participants[who - 1];
  }
  place& take_place();
  COIR_COLD bool lock_taken(robust_lock& which) noexcept;
  static bool needs_bell(task_core const& self) noexcept;
  wake_reason wait_by_bell(task_core& self, place& here, std::uint32_t waiting, char const* what,
                           time_point deadline, shielding how);
  void ring(std::uint32_t whom) noexcept;
  void begin_anew(std::uint32_t self) noexcept;
  void wake_own() noexcept;
  void rouse_own() noexcept;

  shared_memory memory_;
  std::uint32_t self_ = 0;               // which participant this process is
  std::uint32_t newcomers_seen_ = 0;     // neighbours' own
  std::atomic<unsigned> generation_{0};  // of the process that takes part
  std::atomic<place*> spare_{nullptr};   // of this process, left just now
  spin_lock waits_lock_;
  list<local_wait, list_hook>
      waits_;  // of tasks that are woken by the bell; guarded by waits_lock_
};

}  // namespace coir::detail
