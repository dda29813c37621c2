// SPDX-License-Identifier: BSL-1.0
/// Parking, waking, adopting.

#include "model/boost_fibers_seat.hpp"

#include "model/boost_fibers_loop.hpp"

namespace coir::detail {

/// The task record of a fiber that is no task. Nobody can cancel it, but for the scopes it opens.
struct boost_seat::adopted_fiber : task_core {
  adopted_fiber(seat& at, timer_queue& of_loop)
      : task_core(task_kind::boost_fiber), root(*this, 0) {
    take_seat(*this, at);
    flow.on = at.on;
    timers = &of_loop;
    enter(root);
  }
  ~adopted_fiber() {
    held_locks.abandon_all();
    leave(root);
  }

  scope root;
};

boost_seat::boost_seat(boost_loop& loop, task_record& own, stack& on_)
    : fiber_properties(nullptr), seat(on_), loop_(loop), task_(&own) {
  take_seat(own, *this);
  own.flow.on = &on_;
}

boost_seat::boost_seat(boost_loop& loop, boost::fibers::context& made)
    : fiber_properties(&made), seat(foreign_stack_), loop_(loop) {}

boost_seat::~boost_seat() = default;

void boost_seat::park() noexcept {
  task_core& self = task_ != nullptr ? *task_ : *adopted_;
  // A wake may have come before: from this thread, and then it stands in the run queue; from
  // another, and then it lies in the inbox, which is opened only while no fiber runs.
  if (ctx_->ready_is_linked()) {
    ctx_->ready_unlink();
  } else {
    ctx_->suspend();
    loop_.arrive();
  }
  self.budget = task_core::full_budget;
}

void boost_seat::wake(task_core& claimed) noexcept {
  if (loop_.is_here()) {
    loop_.make_ready(*ctx_);
  } else {
    loop_.make_ready_from_outside(claimed);
  }
}

void boost_seat::yield() noexcept {
  ctx_->yield();
  loop_.arrive();
}

task_core& boost_seat::adopt() {
  if (adopted_ == nullptr) adopted_ = std::make_unique<adopted_fiber>(*this, loop_.timers());
  return *adopted_;
}

}  // namespace coir::detail
