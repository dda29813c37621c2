// SPDX-License-Identifier: BSL-1.0
/// What coir keeps for each of Boost's fibers: how it is parked, its exceptions, its task.

#pragma once

#include <memory>

#include <boost/fiber/context.hpp>
#include <boost/fiber/properties.hpp>

#include <coir/cancel/scope.hpp>
#include <coir/model/task_record.hpp>

#include "context/switch.hpp"
#include "wait/seat.hpp"

namespace coir::detail {

class boost_loop;

/// One fiber's seat. Lives as long as the fiber's context, which owns it.
///
/// A fiber that is no task of ours (the program's own, the dispatcher, the thread's main context)
/// gets a task record when it first waits in coir.
/// Thread: its loop's, but for wake().
class boost_seat final : public boost::fibers::fiber_properties, public seat {
 public:
  /// Of a fiber that is about to be made, to run `own` on `on`.
  boost_seat(boost_loop& loop, task_record& own, stack& on);
  /// Of a fiber that others have made.
  boost_seat(boost_loop& loop, boost::fibers::context& made);
  ~boost_seat();

  void park() noexcept override;
  void wake(task_core& claimed) noexcept override;
  void yield() noexcept override;

  /// Our task on it has ended, and its record may be gone.
  void task_ended() noexcept { task_ = nullptr; }

  /// The record with which a fiber that is no task of ours waits.
  task_core& adopt();

  [[nodiscard]] boost::fibers::context& fiber() const noexcept { return *ctx_; }
  [[nodiscard]] task_core* task() const noexcept { return task_; }
  [[nodiscard]] bool is_dispatcher() const noexcept {
    return ctx_->is_context(boost::fibers::type::dispatcher_context);
  }

  exception_state exceptions;   // while it does not run
  sanitizer::switch_note note;  // likewise

 private:
  struct adopted_fiber;

  boost_loop& loop_;
  task_core* task_ = nullptr;               // of ours; null for other fibers
  std::unique_ptr<adopted_fiber> adopted_;  // of others, once one has waited in coir
  stack foreign_stack_;                     // of others; what sanitizers are told
};

}  // namespace coir::detail
