// SPDX-License-Identifier: BSL-1.0
/// Tokens, and who has them.

#include <coir/sync/capacity_limiter.hpp>

#include <mutex>
#include <utility>

#include <coir/base/check.hpp>

namespace coir {
namespace {

using guard = std::lock_guard<detail::spin_lock>;

[[noreturn]] void refuse_second() {
  detail::misuse("coir: capacity_limiter: a second token for one borrower; release the first");
}

}  // namespace

struct capacity_limiter::claimant : detail::wait_node {
  claimant(detail::task_core& waiting, standing& entry_) noexcept
      : wait_node(waiting), entry(&entry_) {}
  standing* const entry;  // the borrower's, in borrowers_
};

bool capacity_limiter::try_acquire() { return try_lend(&detail::current_task_or_thread()); }

bool capacity_limiter::try_acquire_on_behalf_of(void const* borrower) { return try_lend(borrower); }

bool capacity_limiter::try_acquire_until(time_point deadline) {
  detail::task_core& self = detail::checkpoint();
  return lend(&self, self, deadline);
}

bool capacity_limiter::try_acquire_on_behalf_of_until(void const* borrower, time_point deadline) {
  return lend(borrower, detail::checkpoint(), deadline);
}

void capacity_limiter::release() { take_back(&detail::current_task_or_thread()); }

void capacity_limiter::release_on_behalf_of(void const* borrower) { take_back(borrower); }

bool capacity_limiter::try_lend(void const* borrower) {
  ledger page{{borrower, standing::has_token}};
  ledger::node_type entry = page.extract(page.begin());
  guard const held(lock_);
  if (borrowers_.contains(borrower)) refuse_second();
  if (borrowed_ >= total_) return false;
  borrowers_.insert(std::move(entry));
  ++borrowed_;
  return true;
}

bool capacity_limiter::lend(void const* borrower, detail::task_core& self, time_point deadline) {
  ledger page{{borrower, standing::has_token}};
  ledger::node_type entry = page.extract(page.begin());
  std::unique_lock<detail::spin_lock> held(lock_);
  if (borrowers_.contains(borrower)) refuse_second();
  auto const at = borrowers_.insert(std::move(entry)).position;
  if (borrowed_ < total_) {
    ++borrowed_;
    return true;
  }

  at->second = standing::waiting;
  claimant node(self, at->second);
  waiters_.push_back(node);
  held.release();
  auto const strike_out = [&] {
    ledger::node_type gone;
    guard const again(lock_);
    gone = borrowers_.extract(at);
  };
  detail::wake_reason reason;
  try {
    reason = detail::suspend(self, lock_, node, "capacity_limiter::acquire", deadline);
  } catch (...) {
    strike_out();
    throw;
  }
  if (reason == detail::wake_reason::fulfilled) return true;
  strike_out();
  if (reason == detail::wake_reason::cancelled) detail::deliver(self);
  return false;
}

void capacity_limiter::take_back(void const* borrower) {
  ledger::node_type gone;  // freed when the lock is
  detail::wake_chain woken;
  {
    guard const held(lock_);
    auto const at = borrowers_.find(borrower);
    if (at == borrowers_.end() || at->second != standing::has_token)
      detail::misuse("coir: capacity_limiter: release by a borrower that has no token");
    gone = borrowers_.extract(at);
    --borrowed_;
    hand_out(woken);
  }
  woken.wake_all();
}

/// Gives what tokens there are to those who wait, oldest first.
void capacity_limiter::hand_out(detail::wake_chain& woken) noexcept {
  while (borrowed_ < total_) {
    detail::wait_node* const next = waiters_.claim_first();
    if (next == nullptr) return;
    *static_cast<claimant*>(next)->entry = standing::has_token;
    ++borrowed_;
    woken.add(next->task);
  }
}

std::size_t capacity_limiter::total() const noexcept {
  guard const held(lock_);
  return total_;
}

void capacity_limiter::set_total(std::size_t total) noexcept {
  detail::wake_chain woken;
  {
    guard const held(lock_);
    total_ = total;
    hand_out(woken);
  }
  woken.wake_all();
}

capacity_statistics capacity_limiter::statistics() const noexcept {
  guard const held(lock_);
  return {total_, borrowed_, waiters_.count_parked()};
}

}  // namespace coir
