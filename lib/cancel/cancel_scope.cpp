// SPDX-License-Identifier: BSL-1.0
/// A scope's life: fresh, entered, left.

#include <coir/cancel/cancel_scope.hpp>

#include <mutex>

namespace coir {

using guard = std::lock_guard<detail::spin_lock>;

void cancel_scope::cancel(std::string text) {
  request(cancel_reason(cancel_cause::requested, std::move(text)));
}

void cancel_scope::request(cancel_reason reason) noexcept {
  std::unique_lock<detail::spin_lock> held(lock_);
  if (state_ == state::left || (called_ && state_ == state::fresh)) return;
  called_ = true;
  if (inside_ == nullptr) {
    reason_ = std::move(reason);
    return;
  }
  // Held until the scope is marked: so long it cannot be left. Then released, for what follows may
  // destroy a task's result, whose destructor may use this very scope.
  detail::cancel(inside_->base(), std::move(reason), *held.release());
}

bool cancel_scope::cancel_called() const noexcept {
  guard const held(lock_);
  if (inside_ == nullptr) return called_;
  guard const task_held(inside_->base().task->lock);
  return called_ || inside_->base().called;
}

void cancel_scope::set_deadline(time_point deadline) {
  if (inside_ != nullptr) inside_->move_deadline(deadline);
  deadline_ = deadline;  // last: the above throws, and then nothing has changed
}

void cancel_scope::set_shielded(bool shielded) {
  shielded_ = shielded;
  if (inside_ != nullptr) detail::set_shield(inside_->base(), shielded);
}

void cancel_scope::open(detail::timed_scope& scope) {
  guard const held(lock_);
  if (state_ != state::fresh)
    detail::misuse("coir: cancel_scope::run() was called a second time; make a new scope");
  state_ = state::entered;
  inside_ = &scope;
  if (called_) detail::cancel(scope.base(), reason_);  // it is empty: this marks it and no more
}

void cancel_scope::close() noexcept {
  guard const held(lock_);
  state_ = state::left;
  {
    guard const task_held(inside_->base().task->lock);
    called_ = called_ || inside_->base().called;
  }
  inside_ = nullptr;
}

}  // namespace coir
