// SPDX-License-Identifier: BSL-1.0
/// Hand-over, ownership, and what happens when an owner ends.

#include <coir/sync/mutex.hpp>

#include <mutex>

#include <coir/base/check.hpp>

namespace coir {
namespace {

[[noreturn]] void throw_broken() {
  throw broken_lock(
      "coir: the mutex is broken: a task ended while it held it; unlock it on every way out");
}

}  // namespace

using guard = std::lock_guard<detail::spin_lock>;

mutex::mutex() noexcept {
  abandon = &abandoned;
  waiters = &show_waiters;
}

mutex::~mutex() { unlink(); }

void mutex::lock() { acquire(never, detail::shielding::none); }

bool mutex::try_lock() {
  detail::task_core& self = detail::current_task_or_thread();
  guard const held(lock_);
  if (broken_) throw_broken();
  if (owner_ != nullptr) return false;
  own(self);
  return true;
}

/// Takes the mutex again after a condition's wait, whatever has been cancelled.
void mutex::lock_again() { acquire(never, detail::shielding::shielded); }

bool mutex::acquire(time_point deadline, detail::shielding how) {
  detail::task_core& self =
      how == detail::shielding::none ? detail::checkpoint() : detail::current_task_or_thread();
  std::unique_lock<detail::spin_lock> held(lock_);
  if (broken_) throw_broken();
  if (owner_ == nullptr) {
    own(self);
    return true;
  }
  if (owner_ == &self) detail::misuse("coir: mutex::lock() by the task that holds it already");

  detail::wait_node node(self);
  waiters_.push_back(node);
  held.release();
  switch (detail::suspend(self, lock_, node, "mutex::lock", deadline, how)) {
    case detail::wake_reason::timed_out: return false;
    case detail::wake_reason::cancelled: detail::deliver(self);
    case detail::wake_reason::fulfilled: break;
  }
  if (node.item != nullptr) throw_broken();
  self.held_locks.push_back(*this);  // the hand-over made us the owner
  return true;
}

void mutex::unlock() {
  detail::task_core* heir = nullptr;
  {
    guard const held(lock_);
    if (owner_ != &detail::current_task_or_thread())
      detail::misuse("coir: mutex::unlock() by a task that does not hold it");
    unlink();
    if (detail::wait_node* const first = waiters_.claim_first()) heir = first->task;
    owner_ = heir;
  }
  if (heir != nullptr) detail::wake(*heir);
}

bool mutex::is_locked() const noexcept {
  guard const held(lock_);
  return owner_ != nullptr;
}

void mutex::own(detail::task_core& self) noexcept {
  owner_ = &self;
  self.held_locks.push_back(*this);
}

bool mutex::held_by_caller() const noexcept {
  guard const held(lock_);
  return owner_ == &detail::current_task_or_thread();
}

void mutex::show_waiters(detail::held_lock& self, void* to,
                         void (*see)(void* to, detail::task_core& waiter)) noexcept {
  auto const& held_by_one = static_cast<mutex&>(self);
  guard const held(held_by_one.lock_);
  held_by_one.waiters_.for_each_parked([&](detail::task_core& waiter) { see(to, waiter); });
}

void mutex::abandoned(detail::held_lock& self) noexcept {
  auto& broken = static_cast<mutex&>(self);
  detail::wake_chain woken;
  {
    guard const held(broken.lock_);
    broken.broken_ = true;
    broken.owner_ = nullptr;  // another task may come to lie at its address
    while (detail::wait_node* const each = broken.waiters_.claim_first()) {
      each->item = &broken;  // tells it that it was not handed the mutex
      woken.add(each->task);
    }
  }
  woken.wake_all();
}

}  // namespace coir
