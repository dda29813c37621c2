// SPDX-License-Identifier: BSL-1.0
/// Hand-over between processes, and what happens when an owner dies.

#include <coir/shared/shared_mutex.hpp>

#include <coir/base/check.hpp>

#include "shared/mutex_body.hpp"
#include "shared/travel.hpp"

namespace coir {
namespace detail {
namespace {

[[noreturn]] void throw_broken() {
  throw broken_lock(
      "coir: the shared mutex is broken: a task ended, or its process died, while it held it");
}

}  // namespace

void mutex_body::name_hold() noexcept {
  hold_.of = this;
  hold_.abandon = [](held_lock& self) noexcept { static_cast<hold&>(self).of->abandon(); };
}

/// With the last handle of a process that holds it goes the one who could unlock it.
mutex_body::~mutex_body() {
  if (task_core* const owner = owner_here()) {
    owner->held_locks.remove(hold_);
    abandon();
  }
  leave();
}

/// The task of this process that holds it, or null. A copy that fork() has made of one holds nothing.
task_core* mutex_body::owner_here() const noexcept {
  place const* const by = takes_part() ? holder() : nullptr;
  if (by == nullptr || by->owner.load(std::memory_order_relaxed) != self()) return nullptr;
  return reinterpret_cast<task_core*>(
      static_cast<std::uintptr_t>(by->number.load(std::memory_order_relaxed)));
}

place* mutex_body::holder() const noexcept {
  std::uint64_t const held = value();
  return held == 0 ? nullptr : &common().places[held - 1];
}

bool mutex_body::is_held_by(task_core const& task) const noexcept { return owner_here() == &task; }

bool mutex_body::acquire(time_point deadline, shielding how) {
  task_core& running = how == shielding::none ? checkpoint() : current_task_or_thread();
  enter();
  own_place own(*this);
  own->number.store(reinterpret_cast<std::uintptr_t>(&running), std::memory_order_relaxed);
  bool free = false;
  {
    guard held(*this);
    if (state().broken.load(std::memory_order_relaxed)) throw_broken();
    if (is_held_by(running)) misuse("coir: mutex::lock() by the task that holds it already");
    settle(held.woken);
    free = value() == 0;
    if (free) {
      take(*own, index_of(*own) + 1);
    } else {
      queue(running, *own);
    }
  }
  if (!free) {
    switch (wait_in(running, *own, "mutex::lock", deadline, how)) {
      case outcome::timed_out: return false;
      case outcome::refused: throw_broken();
      case outcome::granted: break;
    }
  }
  keep(running, own);
  return true;
}

bool mutex_body::try_acquire() {
  task_core& running = current_task_or_thread();
  enter();
  own_place own(*this);
  own->number.store(reinterpret_cast<std::uintptr_t>(&running), std::memory_order_relaxed);
  {
    guard held(*this);
    if (state().broken.load(std::memory_order_relaxed)) throw_broken();
    settle(held.woken);
    if (value() != 0) return false;
    take(*own, index_of(*own) + 1);
  }
  keep(running, own);
  return true;
}

/// The last step of lock(): who dies from now on has held it.
void mutex_body::keep(task_core& running, own_place& own) noexcept {
  own.release()->word.store(place_word::holding, std::memory_order_release);
  running.held_locks.remove(hold_);  // a copy of the task by fork() has it from its original
  running.held_locks.push(hold_);
}

void mutex_body::release() {
  enter();
  place* own = nullptr;
  {
    guard held(*this);
    if (!is_held_by(current_task_or_thread()))
      misuse("coir: mutex::unlock() by a task that does not hold it");
    own = holder();
    current_task_or_thread().held_locks.remove(hold_);
    if (place* const heir = oldest(place_word::queued)) {
      grant(*heir, index_of(*heir) + 1, held.woken);
    } else {
      state().value.store(0, std::memory_order_release);
    }
  }
  leave_place(*own);
}

/// The task that held it has ended.
void mutex_body::abandon() noexcept {
  if (owner_here() == nullptr) return;
  place* own = nullptr;
  {
    guard held(*this);
    own = holder();
    state().broken.store(true, std::memory_order_release);
    state().value.store(0, std::memory_order_release);
    settle(held.woken);
  }
  leave_place(*own);
}

bool mutex_body::is_locked() {
  enter();
  return value() != 0;
}

bool mutex_body::held_by_caller() {
  enter();
  guard held(*this);
  return is_held_by(current_task_or_thread());
}

void mutex_body::settle(chosen& woken) noexcept {
  if (state().broken.load(std::memory_order_relaxed)) return refuse_all(woken);
  if (value() != 0) return;
  if (place* const first = oldest(place_word::queued)) grant(*first, index_of(*first) + 1, woken);
}

/// One who was granted it and had not returned from lock() has seen nothing of what it guards.
void mutex_body::forget(place& of) noexcept {
  if (value() != index_of(of) + 1) return;
  if (of.state() == place_word::holding) state().broken.store(true, std::memory_order_release);
  give(of, 0);
}

}  // namespace detail

shared<mutex>::shared() : body_(std::make_shared<detail::mutex_body>()) {}
void shared<mutex>::lock() const { (void)body_->acquire(never, detail::shielding::none); }
bool shared<mutex>::try_lock() const { return body_->try_acquire(); }
bool shared<mutex>::try_lock_until(time_point deadline) const {
  return body_->acquire(deadline, detail::shielding::none);
}
void shared<mutex>::unlock() const { body_->release(); }
bool shared<mutex>::is_locked() const { return body_->is_locked(); }

void save(output_archive& out, shared<mutex> const& value) { detail::pack(out, value.body_); }
shared<mutex> load(input_archive& in, std::type_identity<shared<mutex>>) {
  return shared<mutex>(detail::unpack<detail::mutex_body>(in));
}

}  // namespace coir
