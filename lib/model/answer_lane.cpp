// SPDX-License-Identifier: BSL-1.0
/// The word of a lane, and how a task waits at it.

#include "model/answer_lane.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>

#include <coir/sys/futex.hpp>

#include "cancel/suspend_beside.hpp"
#include "model/far_waits.hpp"
#include "model/joiner.hpp"
#include "model/runtime.hpp"
#include "model/worker_steps.hpp"
#include "wait/inbox.hpp"

namespace coir::detail {

std::atomic<void (*)(worker_step at)> worker_step_hook{nullptr};

namespace {

constexpr std::uint32_t call_of(std::uint32_t word) noexcept {
  return word & ~(lane_word::next_call - 1);
}

/// Of the run in which `self` is a fiber; null: it is none.
far_waits* far_waits_around(task_core const& self) noexcept {
  if (self.kind != task_kind::fiber) return nullptr;
  return static_cast<task_record const&>(self).run->far();
}

}  // namespace

// ---- who hands calls to the worker ---------------------------------------------------------------

std::uint32_t answer_lane::begin_call(bool by_hub) noexcept {
  std::uint32_t const call =
      call_of(page().word.load(std::memory_order_relaxed)) + lane_word::next_call;
  page().word.store(call | (by_hub ? lane_word::by_hub : lane_word::nobody),
                    std::memory_order_release);
  return call;
}

bool answer_lane::close() noexcept {
  std::uint32_t at = page().word.load(std::memory_order_seq_cst);
  while ((at & lane_word::state_mask) != lane_word::answered)
    if (page().word.compare_exchange_weak(at, call_of(at) | lane_word::by_hub,
                                          std::memory_order_acq_rel, std::memory_order_acquire))
      return true;
  return false;
}

byte_view answer_lane::answer() const noexcept {
  return byte_view(page().bytes).first(std::min<std::size_t>(page().packed, sizeof page().bytes));
}

bool answer_lane::has_begun() const noexcept {
  return page().begun.load(std::memory_order_acquire) ==
         call_of(page().word.load(std::memory_order_acquire));
}

// ---- who waits -----------------------------------------------------------------------------------

/// Who has left the lane while it was set may have set the bit `asleep` late: it says nothing then.
bool answer_lane::change(std::uint32_t from, std::uint32_t to) noexcept {
  std::uint32_t at = page().word.load(std::memory_order_acquire);
  while ((at & ~lane_word::asleep) == from)
    if (page().word.compare_exchange_weak(at, to, std::memory_order_seq_cst,
                                          std::memory_order_acquire))
      return true;
  return false;
}

std::uint32_t answer_lane::await(std::uint32_t call, task_core const& self) noexcept {
  std::uint32_t how = 0;
  if (self.kind == task_kind::thread && can_wait_for_either()) {
    how = lane_word::thread;
  } else if (far_waits* const around = far_waits_around(self);
             around != nullptr && bell_of.load(std::memory_order_relaxed) == around->number()) {
    how = lane_word::bell;
  }
  return how != 0 && change(call | lane_word::nobody, call | how) ? how : 0;
}

bool answer_lane::leave(std::uint32_t call, std::uint32_t waited) noexcept {
  return !change(call | waited, call | lane_word::nobody) && is_answered();
}

namespace {

/// While it lives, a task waits at a lane, if that can be.
class wait_at_lane {
 public:
  wait_at_lane(lane_client::seat at, task_core& self) : at_(std::move(at)) {
    if (at_.lane == nullptr) return;
    waits_ = at_.lane->await(at_.call, self);
    // Whoever comes to want the worker closes the lane after he has said so; this looks after opening it.
    // And with one who waits elsewhere too, the answer is the hub's.
    if ((waits_ == 0 || at_.lane->is_wanted()) && at_.lane->close()) waits_ = 0;
    if (waits_ == lane_word::bell) {
      far_.emplace(self, at_.lane->word(), at_.call | waits_, lane_word::asleep);
      far_waits_around(self)->add(*far_);
    } else if (waits_ == lane_word::thread) {
      beside_.emplace(word_beside{at_.lane->word(), at_.call | waits_, lane_word::asleep});
    }
  }
  ~wait_at_lane() {
    far_.reset();
    if (at_.lane == nullptr) return;
    bool const answered = waits_ != 0 ? at_.lane->leave(at_.call, waits_) : at_.lane->is_answered();
    if (answered) at_.lane->collect();
  }
  wait_at_lane(wait_at_lane const&) = delete;
  wait_at_lane& operator=(wait_at_lane const&) = delete;

  [[nodiscard]] word_beside const* beside() const noexcept { return beside_ ? &*beside_ : nullptr; }

 private:
  lane_client::seat const at_;
  std::uint32_t waits_ = 0;
  std::optional<far_wait> far_;
  std::optional<word_beside> beside_;
};

wake_reason wait_once(task_core& self, task_record& target, joiner& node, time_point deadline,
                      shielding how) {
  wait_at_lane const there(static_cast<lane_client&>(proxy_of(target)).where(), self);
  target.watchers.push_back(node);
  suspension wait(self, "task::join", how, there.beside());
  wait.begin();
  target.lock.unlock();
  return wait.end(deadline);
}

}  // namespace

/// Each turn ends because the task has, or an answer has come, which then ends it; or is in vain.
bool await_answer(task_core& self, task_record& target, time_point deadline, bool shielded) {
  struct linked : joiner {
    linked(task_core& waiting, task_record& target_) noexcept : joiner(waiting), of(target_) {}
    ~linked() { leave(); }
    void leave() noexcept {
      std::lock_guard<spin_lock> const held(of.lock);
      unlink();
    }
    task_record& of;
  } node(self, target);
  for (;;) {
    target.lock.lock();
    bool const has_ended = has_result(target);
    if (has_ended || (deadline != never && deadline <= now())) {
      target.lock.unlock();
      return has_ended;
    }
    wake_reason const reason =
        wait_once(self, target, node, deadline, shielded ? shielding::shielded : shielding::none);
    node.leave();
    if (reason == wake_reason::cancelled) deliver(self);
    if (reason == wake_reason::timed_out) return has_result(target);
  }
}

// ---- the worker ----------------------------------------------------------------------------------

void answer_lane::note_begun() noexcept {
  page().begun.store(call_of(page().word.load(std::memory_order_acquire)),
                     std::memory_order_release);
}

bool answer_lane::leave_answer(outcome how, byte_view packed, int bell) noexcept {
  std::uint32_t at = page().word.load(std::memory_order_acquire);
  for (;;) {
    std::uint32_t const waits = at & lane_word::state_mask;
    bool const here = (waits == lane_word::thread || waits == lane_word::bell) &&
                      packed.size() <= sizeof page().bytes;
    if (here) {
      page().how = how;
      page().packed = static_cast<std::uint32_t>(packed.size());
      std::memcpy(page().bytes, packed.data(), packed.size());
    }
    std::uint32_t const to = call_of(at) | (here ? lane_word::answered : lane_word::by_hub);
    if (!page().word.compare_exchange_weak(at, to, std::memory_order_acq_rel,
                                           std::memory_order_acquire))
      continue;
    if (!here) return false;
    worker_reached(worker_step::answer_left);
    if (waits == lane_word::bell) {
      ring_bell(bell);
    } else if ((at & lane_word::asleep) != 0) {
      shared_futex_wake(&page().word);
    }
    return true;
  }
}

}  // namespace coir::detail
