// SPDX-License-Identifier: BSL-1.0
/// Who is let in when, and what happens when one who holds it ends.

#include <coir/sync/shared_mutex.hpp>

#include <mutex>

#include <coir/base/check.hpp>

namespace coir {
namespace {

using guard = std::lock_guard<detail::spin_lock>;

[[noreturn]] void throw_broken() {
  throw broken_lock(
      "coir: the shared_mutex is broken: a task ended while it held it; unlock it on every way "
      "out");
}

}  // namespace

shared_mutex::shared_mutex() noexcept {
  alone_.abandon = &writer_ended;
  alone_.waiters = &show_waiters;
  alone_.of = this;
}

shared_mutex::~shared_mutex() {
  if (writer_ != nullptr) writer_->held_locks.remove(alone_);
  if (readers_ == 0) return;
  // A share lies in the list of the task that holds it, and points here.
  detail::task_core& self = detail::current_task_or_thread();
  if (hold* const own = share_of(self)) {
    self.held_locks.remove(*own);
    delete own;
    --readers_;
  }
  if (readers_ > 0) detail::die("a shared_mutex was destroyed while other tasks hold it shared");
}

bool shared_mutex::try_lock() {
  detail::task_core& self = detail::current_task_or_thread();
  guard const held(lock_);
  if (broken_) throw_broken();
  if (writer_ != nullptr || readers_ > 0) return false;
  writer_ = &self;
  self.held_locks.push(alone_);
  return true;
}

bool shared_mutex::try_lock_until(time_point deadline) {
  detail::task_core& self = detail::checkpoint();
  std::unique_lock<detail::spin_lock> held(lock_);
  if (broken_) throw_broken();
  refuse_holder(self);
  if (writer_ == nullptr && readers_ == 0) {
    writer_ = &self;
  } else {
    claimant node(self);
    node.alone = true;
    waiters_.push_back(node);
    held.release();
    if (!wait_in_line(self, node, "shared_mutex::lock", deadline)) return false;
  }
  self.held_locks.push(alone_);
  return true;
}

void shared_mutex::unlock() {
  detail::wake_chain woken;
  {
    guard const held(lock_);
    detail::task_core& self = detail::current_task_or_thread();
    if (writer_ != &self)
      detail::misuse("coir: shared_mutex::unlock() by a task that does not hold it alone");
    self.held_locks.remove(alone_);
    writer_ = nullptr;
    admit(woken);
  }
  woken.wake_all();
}

bool shared_mutex::try_lock_shared() {
  detail::task_core& self = detail::current_task_or_thread();
  if (share_of(self) != nullptr) return false;
  std::unique_ptr<hold> share = make_share();
  guard const held(lock_);
  if (broken_) throw_broken();
  if (!readers_may_enter()) return false;
  ++readers_;
  self.held_locks.push(*share.release());
  return true;
}

bool shared_mutex::try_lock_shared_until(time_point deadline) {
  detail::task_core& self = detail::checkpoint();
  std::unique_ptr<hold> share = make_share();  // before there is something to lose
  std::unique_lock<detail::spin_lock> held(lock_);
  if (broken_) throw_broken();
  refuse_holder(self);
  if (readers_may_enter()) {
    ++readers_;
  } else {
    claimant node(self);
    waiters_.push_back(node);
    held.release();
    if (!wait_in_line(self, node, "shared_mutex::lock_shared", deadline)) return false;
  }
  self.held_locks.push(*share.release());
  return true;
}

void shared_mutex::unlock_shared() {
  detail::task_core& self = detail::current_task_or_thread();
  std::unique_ptr<hold> const share(share_of(self));
  if (share == nullptr)
    detail::misuse("coir: shared_mutex::unlock_shared() by a task that does not hold it shared");
  self.held_locks.remove(*share);
  detail::wake_chain woken;
  {
    guard const held(lock_);
    --readers_;
    admit(woken);
  }
  woken.wake_all();
}

bool shared_mutex::is_locked() const noexcept {
  guard const held(lock_);
  return writer_ != nullptr;
}

std::size_t shared_mutex::readers() const noexcept {
  guard const held(lock_);
  return readers_;
}

/// What `self` holds shared of this mutex, or null. Only the task itself looks at its list.
shared_mutex::hold* shared_mutex::share_of(detail::task_core& self) const noexcept {
  hold* found = nullptr;
  self.held_locks.for_each([&](detail::held_lock& each) {
    if (each.abandon == &reader_ended && static_cast<hold&>(each).of == this)
      found = static_cast<hold*>(&each);
  });
  return found;
}

/// `self` is about to wait for what it holds itself. Called with lock_ held.
void shared_mutex::refuse_holder(detail::task_core& self) const {
  if (writer_ == &self)
    detail::misuse("coir: a shared_mutex locked by the task that holds it alone already");
  if (share_of(self) != nullptr)
    detail::misuse("coir: a shared_mutex locked by the task that holds it shared already");
}

std::unique_ptr<shared_mutex::hold> shared_mutex::make_share() {
  auto share = std::make_unique<hold>();
  share->abandon = &reader_ended;
  share->waiters = &show_waiters;
  share->of = this;
  return share;
}

void shared_mutex::show_waiters(detail::held_lock& self, void* to,
                                void (*see)(void* to, detail::task_core& waiter)) noexcept {
  shared_mutex& of = *static_cast<hold&>(self).of;
  guard const held(of.lock_);
  of.waiters_.for_each_parked([&](detail::task_core& waiter) { see(to, waiter); });
}

/// Only while nobody waits: a writer in line keeps readers that come later behind it.
bool shared_mutex::readers_may_enter() noexcept {
  return writer_ == nullptr && waiters_.first_parked() == nullptr;
}

/// Waits with `node` in line until it is let in: true, or false on timeout. Called with lock_ held,
/// returns with it released.
///   Throws: cancelled, broken_lock, and as suspend().
bool shared_mutex::wait_in_line(detail::task_core& self, claimant& node, char const* what,
                                time_point deadline) {
  detail::wake_reason reason;
  try {
    reason = detail::suspend(self, lock_, node, what, deadline);
  } catch (...) {
    admit_and_wake();
    throw;
  }
  if (reason == detail::wake_reason::fulfilled) {
    if (node.item != nullptr) throw_broken();
    return true;
  }
  admit_and_wake();  // a writer that gives up may have kept readers waiting
  if (reason == detail::wake_reason::cancelled) detail::deliver(self);
  return false;
}

/// Lets in whoever is at the head of the line and may enter.
void shared_mutex::admit(detail::wake_chain& woken) noexcept {
  while (writer_ == nullptr) {
    auto* const first = static_cast<claimant*>(waiters_.first_parked());
    if (first == nullptr || (first->alone && readers_ > 0)) return;
    first->unlink();
    if (!detail::claim(*first->task, detail::wake_reason::fulfilled)) continue;
    if (first->alone) {
      writer_ = first->task;
    } else {
      ++readers_;
    }
    woken.add(first->task);
  }
}

void shared_mutex::admit_and_wake() noexcept {
  detail::wake_chain woken;
  {
    guard const held(lock_);
    admit(woken);
  }
  woken.wake_all();
}

void shared_mutex::break_for_all(detail::wake_chain& woken) noexcept {
  broken_ = true;
  while (detail::wait_node* const each = waiters_.claim_first()) {
    each->item = this;  // tells it that it was not let in
    woken.add(each->task);
  }
}

void shared_mutex::writer_ended(detail::held_lock& self) noexcept {
  shared_mutex& broken = *static_cast<hold&>(self).of;
  detail::wake_chain woken;
  {
    guard const held(broken.lock_);
    broken.writer_ = nullptr;
    broken.break_for_all(woken);
  }
  woken.wake_all();
}

void shared_mutex::reader_ended(detail::held_lock& self) noexcept {
  std::unique_ptr<hold> const share(static_cast<hold*>(&self));
  shared_mutex& broken = *share->of;
  detail::wake_chain woken;
  {
    guard const held(broken.lock_);
    --broken.readers_;
    broken.break_for_all(woken);
  }
  woken.wake_all();
}

}  // namespace coir
