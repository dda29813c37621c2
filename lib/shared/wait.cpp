// SPDX-License-Identifier: BSL-1.0
/// How a task waits in a place, and is woken there by another process.

#include <memory>
#include <mutex>

#include <coir/base/relax.hpp>
#include <coir/sys/futex.hpp>

#include "bridge/door.hpp"
#include "cancel/suspend_beside.hpp"
#include "shared/neighbours.hpp"
#include "shared/segment.hpp"

namespace coir::detail {

using guard = std::lock_guard<spin_lock>;

/// A fiber that waits. Lies on its stack.
struct segment::local_wait : list_hook {
  local_wait(task_core& waiting, place& in) noexcept : task(&waiting), at(&in) {}
  task_core* const task;
  place* const at;
};

namespace {

/// While it lives, the task's run knows that somebody outside may end a wait in it.
class expectation {
 public:
  expectation() : world_(door::here()) { world_->expect(); }
  ~expectation() { world_->expect_less(); }
  expectation(expectation const&) = delete;
  expectation& operator=(expectation const&) = delete;

 private:
  std::shared_ptr<door> const world_;
};

}  // namespace

/// While it lives, whoever cancels the task says so in its place.
struct segment::farewell : wait_beside {
  farewell(task_core& waiting, segment& in_, place& at_, bool putting_) noexcept
      : wait_beside(&say), task(waiting), in(in_), at(at_), putting(putting_) {
    guard const held(task.lock);
    task.watchers.push_front(*this);
  }
  ~farewell() {
    guard const held(task.lock);
    unlink();
  }
  farewell(farewell const&) = delete;
  farewell& operator=(farewell const&) = delete;

  static void say(wait_beside& self) noexcept {
    auto const& mine = static_cast<farewell&>(self);
    mine.at.leaving.store(true, std::memory_order_seq_cst);
    mine.in.common().some_leave[mine.putting ? 1 : 0].store(true, std::memory_order_seq_cst);
  }

  task_core& task;
  segment& in;
  place& at;
  bool const putting;
};

void segment::begin_wait(task_core const& running, place& own, std::uint64_t turn) noexcept {
  own.turn.store(turn, std::memory_order_relaxed);
  own.by_bell.store(needs_bell(running), std::memory_order_relaxed);
  own.leaving.store(false, std::memory_order_relaxed);
}

bool segment::needs_bell(task_core const& self) noexcept {
  bool const has_thread = self.kind != task_kind::fiber && self.kind != task_kind::boost_fiber;
  return !has_thread || !can_wait_for_either();
}

wake_reason segment::wait(task_core& self, place& here, std::uint32_t waiting, char const* what,
                          time_point deadline, shielding how) {
  auto const is_over = [&] { return here.state() != waiting; };
  if (is_over()) return wake_reason::fulfilled;
  if (deadline != never && deadline <= now()) return wake_reason::timed_out;
  farewell const on_cancel(self, *this, here, waiting == place_word::putting);
  if (!here.by_bell.load(std::memory_order_relaxed)) {
    word_beside const beside{here.word, waiting, place_word::asleep};
    return suspend_beside(self, beside, what, deadline, how);
  }
  return wait_by_bell(self, here, waiting, what, deadline, how);
}

wake_reason segment::wait_by_bell(task_core& self, place& here, std::uint32_t waiting,
                                  char const* what, time_point deadline, shielding how) {
  auto const is_over = [&] { return here.state() != waiting; };
  expectation const expected;
  local_wait node(self, here);
  suspension linked(self, what, how);
  waits_lock_.lock();
  waits_.push_back(node);
  linked.begin();
  waits_lock_.unlock();
  auto const unlink = [&] {
    guard const held(waits_lock_);
    node.unlink();
  };
  // Who has changed the word before this was linked has rung for nobody.
  if (is_over() && linked.withdraw()) {
    unlink();
    return wake_reason::fulfilled;
  }
  try {
    wake_reason const reason = linked.end(deadline);
    unlink();
    return reason;
  } catch (...) {
    unlink();
    throw;
  }
}

/// On the hub's thread, when the bell has rung.
void segment::wake_own() noexcept {
  wake_chain woken;
  {
    guard const held(waits_lock_);
    waits_.for_each([&](local_wait& each) {
      if ((each.at->word.load(std::memory_order_acquire) & place_word::waiting) != 0) return;
      each.unlink();
      if (claim(*each.task, wake_reason::fulfilled)) woken.add(each.task);
    });
  }
  woken.wake_all();
}

/// Somebody may have died between changing the word of one of our places and waking who sleeps on it.
void segment::rouse_own() noexcept {
  for_each_place([this](place& each) {
    if (each.owner.load(std::memory_order_relaxed) == self_) shared_futex_wake(&each.word);
  });
}

void segment::ring(std::uint32_t whom) noexcept {
  participant& there = of(whom);
  std::uint64_t const bell = there.bell.load(std::memory_order_seq_cst);
  if (bell == 0 || there.rung.exchange(bell, std::memory_order_seq_cst) == bell) return;
  reached(step::rung);
  neighbours::ring(bell);
}

void segment::chosen::end_wait(place& of, std::uint32_t state) noexcept {
  sleeper const next{&of, of.by_bell.load(std::memory_order_relaxed)
                              ? of.owner.load(std::memory_order_relaxed)
                              : 0};
  std::uint32_t const before = of.word.exchange(state, std::memory_order_seq_cst);
  if (next.owner == 0 && (before & place_word::asleep) == 0) return;
  if (count_ == sleepers_.size()) wake_all();
  sleepers_[count_++] = next;
}

void segment::chosen::wake_all() noexcept {
  for (; count_ > 0; --count_) {
    sleeper const& each = sleepers_[count_ - 1];
    if (each.owner != 0) {
      in_.ring(each.owner);
    } else {
      shared_futex_wake(&each.at->word);
    }
  }
}

}  // namespace coir::detail
