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

mutex::~mutex() {
  std::uintptr_t const at = state_.load(std::memory_order_acquire) & ~contended;
  if (at != free && at != broken)
    reinterpret_cast<detail::task_core*>(at)->held_locks.remove(*this);
}

bool mutex::try_lock() {
  if (take_if_free(detail::current_task_or_thread())) return true;
  if (state_.load(std::memory_order_relaxed) == broken) throw_broken();
  return false;
}

/// Takes the mutex again after a condition's wait, whatever has been cancelled.
void mutex::lock_again() {
  detail::task_core& self = detail::current_task_or_thread();
  if (!take_if_free(self)) (void)acquire(self, never, detail::shielding::shielded);
}

/// The mutex was not free a moment ago.
bool mutex::acquire(detail::task_core& self, time_point deadline, detail::shielding how) {
  std::unique_lock<detail::spin_lock> held(lock_);
  for (;;) {
    std::uintptr_t const at = state_.load(std::memory_order_acquire);
    if (at == free) {
      if (take_if_free(self)) return true;
      continue;
    }
    if (at == broken) throw_broken();
    if (is_held_by(self)) detail::misuse("coir: mutex::lock() by the task that holds it already");
    // From then on an unlock needs lock_.
    if ((at & contended) != 0 || change(at, at | contended)) break;
  }

  detail::wait_node node(self);
  waiters_.push_back(node);
  held.release();
  switch (detail::suspend(self, lock_, node, "mutex::lock", deadline, how)) {
    case detail::wake_reason::timed_out: return false;
    case detail::wake_reason::cancelled: detail::deliver(self);
    case detail::wake_reason::fulfilled: break;
  }
  if (node.item != nullptr) throw_broken();
  self.held_locks.push(*this);  // the hand-over made us the owner
  return true;
}

/// The owner gives it up, and tasks may wait.
void mutex::hand_over() noexcept {
  detail::task_core* heir = nullptr;
  {
    guard const held(lock_);
    if (detail::wait_node* const first = waiters_.claim_first()) heir = first->task;
    // Those who have given up may be in line still: then the heir looks in vain.
    std::uintptr_t const more = waiters_.empty() ? 0 : contended;
    state_.store(heir != nullptr ? owned_by(*heir) | more : free, std::memory_order_release);
  }
  if (heir != nullptr) detail::wake(*heir);
}

void mutex::refuse_unlock() {
  detail::misuse("coir: mutex::unlock() by a task that does not hold it");
}

bool mutex::is_locked() const noexcept {
  std::uintptr_t const at = state_.load(std::memory_order_relaxed);
  return at != free && at != broken;
}

void mutex::show_waiters(detail::held_lock& self, void* to,
                         void (*see)(void* to, detail::task_core& waiter)) noexcept {
  auto const& held_by_one = static_cast<mutex&>(self);
  guard const held(held_by_one.lock_);
  held_by_one.waiters_.for_each_parked([&](detail::task_core& waiter) { see(to, waiter); });
}

void mutex::abandoned(detail::held_lock& self) noexcept {
  auto& gone = static_cast<mutex&>(self);
  detail::wake_chain woken;
  {
    guard const held(gone.lock_);
    gone.state_.store(broken, std::memory_order_release);
    while (detail::wait_node* const each = gone.waiters_.claim_first()) {
      each->item = &gone;  // tells it that it was not handed the mutex
      woken.add(each->task);
    }
  }
  woken.wake_all();
}

}  // namespace coir
