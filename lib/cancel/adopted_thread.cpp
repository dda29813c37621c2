// SPDX-License-Identifier: BSL-1.0
/// A plain thread, outside of any run, that waits for what tasks wait for.

#include <memory>
#include <utility>

#include <coir/cancel/scope.hpp>
#include <coir/timer/timer.hpp>

#include "cancel/stand_in.hpp"
#include "wait/ready_queue.hpp"

namespace coir::detail {
namespace {

/// The task record of a thread that is no task. Nobody can cancel it.
struct adopted_thread : task_core {
  adopted_thread() : task_core(task_kind::thread), root(*this, 0) {
    timers = &own_timers;
    enter(root);
  }
  ~adopted_thread() {
    held_locks.abandon_all();
    if (innermost == &root) leave(root);  // else exit() has come in the midst of something
  }

  scope root;
  timer_queue own_timers;
};

thread_local task_core* standing_in = nullptr;

}  // namespace

stand_in::stand_in(task_core& record) noexcept : before_(std::exchange(standing_in, &record)) {}
stand_in::~stand_in() { standing_in = before_; }

task_core& this_plain_thread() {
  if (this_thread.adopt != nullptr) return this_thread.adopt();
  if (standing_in != nullptr) return *standing_in;
  static thread_local adopted_thread record;
  return record;
}

}  // namespace coir::detail
