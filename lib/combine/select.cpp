// SPDX-License-Identifier: BSL-1.0
/// One wait with many links, of which one wins.
///
/// Why no two selects can harm each other. A task is claimed only while it is parked. The one that
/// tries is not: it cannot be claimed, and claims one other task at most, by the one word of that
/// task. So a select that puts and a select that gets need no double claim. Two that try at the same
/// time share the lock of the queue where they could meet: the first to have it finds nothing, and is
/// linked and parked in everyone's eyes before it lets go; the second finds it. Since a task is not
/// linked while it tries, it never hands over to itself, though it put and got on one queue.
///
/// Locks of several primitives are held together only here, and are taken in the order of their
/// addresses; under them nothing else is locked. A task's lock is not among them: a cancel takes those
/// from parent to child. An end needs no such care either, for it does not go away again: it is looked
/// at last, when the wait is already open.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <iterator>
#include <mutex>
#include <vector>

#include <coir/base/check.hpp>
#include <coir/cancel/suspend.hpp>
#include <coir/combine/select_case.hpp>
#include <coir/combine/select_moment.hpp>

#include "model/runtime.hpp"

namespace coir::detail {
namespace {

constexpr std::size_t nobody = static_cast<std::size_t>(-1);

using case_list = std::span<select_case* const>;

/// The locks of all cases, each once.
class lock_row {
 public:
  explicit lock_row(case_list cases) {
    spin_lock** room = few_.data();
    if (cases.size() > few_.size()) {
      many_.resize(cases.size());
      room = many_.data();
    }
    spin_lock** last = room;
    for (select_case const* each : cases)
      if (each->lock() != nullptr) *last++ = each->lock();
    std::sort(room, last, std::less<>());
    locks_ = {room, std::unique(room, last)};
  }
  lock_row(lock_row const&) = delete;
  lock_row& operator=(lock_row const&) = delete;

  void lock() noexcept {
    for (spin_lock* each : locks_) each->lock();
  }
  void unlock() noexcept {
    for (spin_lock* each : locks_) each->unlock();
  }

 private:
  std::array<spin_lock*, 8> few_;
  std::vector<spin_lock*> many_;  // only when the few are too few
  std::span<spin_lock*> locks_;   // in the order of their addresses
};

/// Where the search begins: as often at each of `count`, also for one who asks at regular intervals,
/// and at the same places each time the program runs.
///
/// The fractional parts of the multiples of the golden ratio lie evenly in every stretch and in every
/// regular part of it (https://en.wikipedia.org/wiki/Low-discrepancy_sequence#Additive_recurrence).
/// Go draws at random: that is no fairer, and no two runs are alike.
std::size_t next_start(std::size_t count) noexcept {
  static thread_local std::uint32_t outside = 0;  // for a thread that is in no run
  task_core* const task = current_task();
  std::uint32_t const turn =
      task != nullptr ? static_cast<task_record*>(task)->run->next_turn() : outside++;
  constexpr std::uint32_t golden = 2654435769;  // 2^32 divided by the golden ratio
  return static_cast<std::size_t>((std::uint64_t{turn * golden} * count) >> 32);
}

/// The first case from `start` on, round about, that has won, or cannot tell; nobody: no case is
/// ready. The locks are held.
struct finding {
  std::size_t number;
  bool won;
};
finding try_each(case_list cases, std::size_t start, wake_chain& woken) noexcept {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    std::size_t const number = (start + i) % cases.size();
    if (!cases[number]->is_decided()) return {number, false};
    if (cases[number]->attempt(woken)) return {number, true};
  }
  return {nobody, false};
}

/// The case with the earliest deadline, the first of several.
std::size_t first_due(case_list cases) noexcept {
  auto const least = std::min_element(
      cases.begin(), cases.end(),
      [](select_case const* a, select_case const* b) { return a->deadline() < b->deadline(); });
  return static_cast<std::size_t>(least - cases.begin());
}

/// Takes back every link; the number of the case that has ended the wait, or nobody.
std::size_t unlink_all(case_list cases) noexcept {
  std::size_t winner = nobody;
  for (std::size_t i = 0; i < cases.size(); ++i)
    if (cases[i]->unlink()) winner = i;
  return winner;
}

/// Waits until somebody makes a case win, or `deadline` comes. Called with the locks held, returns
/// with them released. Nobody: it was the deadline.
std::size_t park(task_core& self, case_list cases, lock_row& locks, time_point deadline) {
  suspension wait(self, "select");
  for (select_case* each : cases) each->link(self);
  wait.begin();
  locks.unlock();

  // From here on the task may be claimed. It still runs, and must end its wait before it waits anew.
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!cases[i]->link_alone(self)) continue;
    if (!wait.withdraw()) break;  // another one was faster
    unlink_all(cases);
    return i;
  }
  wake_reason reason;
  try {
    reason = wait.end(deadline);
  } catch (...) {
    unlink_all(cases);
    throw;
  }
  std::size_t const winner = unlink_all(cases);
  if (reason == wake_reason::cancelled) deliver(self);
  return winner;
}

std::size_t choose(task_core& self, case_list cases) {
  lock_row locks(cases);
  std::size_t const start = next_start(cases.size());
  for (;;) {
    wake_chain woken;
    locks.lock();
    finding const found = try_each(cases, start, woken);
    if (found.number == nobody) break;
    locks.unlock();
    woken.wake_all();
    if (found.won || cases[found.number]->attempt_alone()) return found.number;
  }
  std::size_t const due = first_due(cases);
  time_point const deadline = cases[due]->deadline();
  if (deadline != never && deadline <= now()) {
    locks.unlock();
    return due;
  }
  std::size_t const winner = park(self, cases, locks, deadline);
  return winner != nobody ? winner : due;
}

}  // namespace

void queued_case::link(task_core& self) noexcept {
  node_.emplace(self).item = offered();
  line_.push_back(*node_);
}

bool queued_case::unlink() noexcept {
  if (!node_) return false;
  bool won;
  {
    std::lock_guard<spin_lock> const held(*lock());
    // Who claims takes the node out. So does who finds the wait over, and then says so in it.
    won = !node_->is_linked() && node_->task != nullptr;
    node_->unlink();
  }
  if (won) chosen(node_->item);
  return won;
}

void end_case::prepare(task_core& self) {
  if (&self == &what_ && !has_result(what_)) misuse("coir: a task cannot wait for its own end");
  ended = &end_case::note;
  waiter = &end_case::who_waits;
}

bool end_case::link_alone(task_core& self) noexcept {
  std::lock_guard<spin_lock> const held(what_.lock);
  if (has_result(what_)) return true;
  waiting_ = &self;
  what_.watchers.push_back(*this);
  return false;
}

bool end_case::unlink() noexcept {
  if (waiting_ == nullptr) return false;
  std::lock_guard<spin_lock> const held(what_.lock);
  static_cast<watcher&>(*this).unlink();
  return won_;
}

/// The task's lock is held; it has let go of the watcher.
task_core* end_case::note(watcher& self, task_core&) noexcept {
  auto& mine = static_cast<end_case&>(self);
  mine.won_ = claim(*mine.waiting_, wake_reason::fulfilled);
  return mine.won_ ? mine.waiting_ : nullptr;
}

task_core* end_case::who_waits(watcher& self) noexcept {
  return static_cast<end_case&>(self).waiting_;
}

/// select_first() of those that are open: only who uses when() pays for it.
std::size_t select_first_open(case_list cases) {
  std::vector<select_case*> open;
  std::copy_if(cases.begin(), cases.end(), std::back_inserter(open),
               [](select_case const* each) { return each->is_open(); });
  select_case const* const winner = open[select_first(open)];
  return static_cast<std::size_t>(std::find(cases.begin(), cases.end(), winner) - cases.begin());
}

std::size_t select_first(case_list cases) {
  auto const closed = std::count_if(cases.begin(), cases.end(),
                                    [](select_case const* each) { return !each->is_open(); });
  if (closed == std::ssize(cases))
    misuse("coir: select() has nothing to wait for: no case, or all are closed by when()");
  if (closed > 0) return select_first_open(cases);

  task_core& self = checkpoint();
  auto const give_back = [&] {
    for (select_case* each : cases) each->give_back();
  };
  std::size_t winner;
  try {
    for (select_case* each : cases) each->prepare(self);
    winner = choose(self, cases);
  } catch (...) {
    give_back();
    throw;
  }
  give_back();
  return winner;
}

void refuse_select() {
  misuse(
      "coir: select() cannot wait for a queue in memory that processes share, as a queue is that "
      "was made "
      "in a run on processes; get from it in a task of its own");
}

}  // namespace coir::detail
