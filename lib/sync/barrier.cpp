// SPDX-License-Identifier: BSL-1.0
/// Who counts, and who is let through.
///
/// A round ends for all of its parties or for none, but each of them can be claimed by its own
/// cancel or deadline at any moment. So what has become of a party is decided under the barrier's
/// lock and written into its node; to claim it only wakes it. When the last one comes, those whose
/// wait is seen to be over are forgotten first. Whoever then is still counted is let through, even
/// if a cancel is quicker than the claim: it returns, and throws at its next suspension point (C4).

#include <coir/sync/barrier.hpp>

#include <mutex>
#include <stdexcept>

#include <coir/base/check.hpp>

namespace coir {

using guard = std::lock_guard<detail::spin_lock>;

struct barrier::party : detail::wait_node {
  using wait_node::wait_node;
  fate what = fate::undecided;
  std::size_t number = 0;  // once passed
};

barrier::barrier(std::size_t parties) : parties_(parties) {
  if (parties == 0) throw std::invalid_argument("coir: barrier(0): a round needs a party");
}

barrier::~barrier() {
  if (!line_.empty()) detail::die("a barrier was destroyed while tasks wait at it");
}

std::optional<std::size_t> barrier::wait_until(time_point deadline) {
  detail::task_core& self = detail::checkpoint();
  std::unique_lock<detail::spin_lock> held(lock_);
  if (broken_)
    throw broken_barrier("coir: barrier::wait() after abort(); reset() makes the barrier usable");
  if (here_ + 1 == parties_) forget_gone();
  if (here_ + 1 == parties_) {
    detail::wake_chain woken;
    for (std::size_t number = 0; !line_.empty(); ++number) {
      party& next = line_.pop_front();
      next.what = fate::passed;
      next.number = number;
      if (detail::claim(*next.task, detail::wake_reason::fulfilled)) woken.add(next.task);
    }
    here_ = 0;
    std::size_t const own_number = parties_ - 1;
    held.unlock();
    woken.wake_all();  // whoever is woken may destroy the barrier
    return own_number;
  }
  if (deadline != never && deadline <= now()) return std::nullopt;

  party node(self);
  line_.push_back(node);
  ++here_;
  detail::suspension wait(self, "barrier::wait");
  wait.begin();
  held.unlock();
  detail::wake_reason reason;
  try {
    reason = wait.end(deadline);
  } catch (...) {
    leave(node);
    if (node.what == fate::passed)
      return node.number;  // it counted meanwhile, and so it has passed
    throw;
  }
  if (reason != detail::wake_reason::fulfilled) leave(node);
  if (node.what == fate::passed) return node.number;
  if (node.what == fate::broken)
    throw broken_barrier("coir: the barrier was broken by abort() or reset() during wait()");
  if (reason == detail::wake_reason::cancelled) detail::deliver(self);
  return std::nullopt;
}

/// Strikes out those whose wait is over, and who are on their way to do it themselves.
void barrier::forget_gone() noexcept {
  line_.for_each([this](party& each) {
    if (detail::is_parked(*each.task)) return;
    each.unlink();
    each.what = fate::left;
    --here_;
  });
}

/// Strikes out one whose wait has ended without a claim, if it still counts.
void barrier::leave(party& self) noexcept {
  guard const held(lock_);
  if (self.what != fate::undecided) return;
  self.unlink();
  self.what = fate::left;
  --here_;
}

void barrier::break_up(bool for_good) noexcept {
  detail::wake_chain woken;
  {
    guard const held(lock_);
    broken_ = for_good;
    while (!line_.empty()) {
      party& each = line_.pop_front();
      bool const waited = detail::claim(*each.task, detail::wake_reason::fulfilled);
      each.what = waited ? fate::broken : fate::left;
      if (waited) woken.add(each.task);
    }
    here_ = 0;
  }
  woken.wake_all();
}

std::size_t barrier::waiting() const noexcept {
  guard const held(lock_);
  std::size_t count = 0;
  line_.for_each([&count](party const& each) {
    if (detail::is_parked(*each.task)) ++count;
  });
  return count;
}

bool barrier::is_broken() const noexcept {
  guard const held(lock_);
  return broken_;
}

}  // namespace coir
