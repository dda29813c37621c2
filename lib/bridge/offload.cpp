// SPDX-License-Identifier: BSL-1.0
/// An offloaded call's life: its turn, its thread, its end or its being left behind.

#include <coir/bridge/offload.hpp>

#include <exception>
#include <mutex>
#include <utility>

#include <coir/cancel/suspend.hpp>
#include <coir/cancel/timed_scope.hpp>

#include "bridge/door.hpp"
#include "bridge/thread_cache.hpp"
#include "cancel/stand_in.hpp"
#include "context/sanitizer.hpp"
#include "model/unhandled.hpp"

namespace coir::detail {
namespace {

using guard = std::lock_guard<spin_lock>;

/// One call. Shared by the caller and the thread that makes it, for which it stands meanwhile: its
/// root scope hangs below a scope of the caller's, so that a cancel of the caller reaches the call.
class offload_job final : public task_core, public thread_job {
 public:
  offload_job(task_core& caller, std::shared_ptr<door> way, void (*call)(void*), void* frame,
              std::shared_ptr<void> owner)
      : task_core(task_kind::thread, kind_of_record),
        thread_job{&work_on_thread},
        root_(*this, 0),
        caller_(&caller),
        door_(std::move(way)),
        call_(call),
        frame_(frame),
        owner_(std::move(owner)) {
    innermost = &root_;
    locals = caller.locals;
    task_core::timers = &timers_;
  }

  /// Begins the call on a thread, below `parent`. The caller holds a permit, which is the thread's now.
  void begin(scope& parent) {
    attach(root_, parent);
    door_->expect();
    add_ref();
    try {
      on_cached_thread(*this);
    } catch (...) {
      drop_ref();
      door_->expect_less();
      detach(root_);
      throw;
    }
  }

  /// Waits until the call has ended: true. When a cancel comes and the call may be abandoned, it is
  /// left behind: false.
  bool await() {
    list_hook nowhere;  // the job has one waiter
    for (auto how = shielding::none;; how = shielding::shielded) {
      gate_.lock();
      if (ended_call_) break;
      if (how == shielding::shielded && owner_ != nullptr) {
        abandoned_ = true;
        door_->abandon();
        gate_.unlock();
        detach(root_);
        door_->expect_less();
        return false;
      }
      (void)suspend(*caller_, gate_, nowhere, "offload", never, how);
    }
    gate_.unlock();
    return true;
  }

  void rethrow() {
    if (error_ != nullptr) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  static core_type const kind_of_record;

  static void work_on_thread(thread_job& self) noexcept {
    auto& job = static_cast<offload_job&>(self);
    {
      stand_in const here(job);
      try {
        job.call_(job.frame_);
      } catch (...) {
        job.error_ = std::current_exception();
      }
    }
    job.held_locks.abandon_all();
    job.finish();
  }

  /// The last act of the call's thread. The first to take the gate decides: the call has ended, or was
  /// left behind. Until the caller is woken here he lives, and with him the scope above ours.
  void finish() noexcept {
    door_->threads.release();
    bool left_behind;
    bool claimed = false;
    {
      guard const held(gate_);
      left_behind = abandoned_;
      if (!left_behind) {
        detach(root_);
        ended_call_ = true;
        claimed = claim(*caller_, wake_reason::fulfilled);
      }
    }
    if (claimed) wake(*caller_);
    if (left_behind) {
      report();
      frame_ = nullptr;
      owner_ = nullptr;  // the function and its arguments go before the run may
      door_->abandoned_ended();
    } else {
      door_->expect_less();
    }
    drop_ref();
  }

  /// Tells the handler of what an abandoned call has thrown: nobody else will (G3).
  void report() noexcept {
    if (error_ == nullptr) return;
    try {
      std::rethrow_exception(error_);
    } catch (cancelled const&) {
    } catch (...) {
      set_name(*this, "(an abandoned offload)");
      report_unhandled(*this, error_);
    }
    sanitizer::drop_exception(error_);
  }

  scope root_;
  timer_queue timers_;
  task_core* const caller_;  // in offload_call(), or gone if the call was left behind
  std::shared_ptr<door> const door_;
  void (*const call_)(void* frame);
  void* frame_;
  std::shared_ptr<void> owner_;  // of the frame; null: it lies in the caller's
  std::exception_ptr error_;     // what the call threw
  spin_lock gate_;               // guards the rest
  bool ended_call_ = false;
  bool abandoned_ = false;
};

constexpr core_type offload_job::kind_of_record{
    [](task_core& self) noexcept { delete static_cast<offload_job*>(&self); }};

/// Takes a permit for a thread. Those who hold them are outside: while one waits for them, somebody is
/// expected.
void take_turn(door& way) {
  if (way.threads.try_acquire()) return;
  struct expecting {
    explicit expecting(door& way_) noexcept : way(way_) { way.expect(); }
    ~expecting() { way.expect_less(); }
    door& way;
  } const until_then{way};
  way.threads.acquire();
}

}  // namespace

void offload_call(void (*call)(void* frame), void* frame, std::shared_ptr<void> const& owner) {
  task_core& self = checkpoint();
  std::shared_ptr<door> const way = door::here();
  take_turn(*way);
  bool completed;
  auto const refuse = [&] { way->threads.release(); };
  offload_job* job;
  try {
    job = new offload_job(self, way, call, frame, owner);
  } catch (...) {
    refuse();
    throw;
  }
  struct reference {
    offload_job* job;
    ~reference() { job->drop_ref(); }
  } const own{job};
  {
    // The call's scope, with a note of its own: in a cleanup during unwinding it is as undisturbed as
    // the cleanup itself (C6).
    timed_scope around;
    try {
      job->begin(around.base());
    } catch (...) {
      refuse();
      throw;
    }
    completed = job->await();
  }
  if (!completed) deliver(self);
  job->rethrow();
}

}  // namespace coir::detail
