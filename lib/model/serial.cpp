// SPDX-License-Identifier: BSL-1.0
/// Calls as tasks.

#include "model/serial.hpp"

#include <optional>
#include <utility>

#include "wait/ready_queue.hpp"

namespace coir::detail {

void serial_runtime::run(task_record& main) {
  start(main);
  if (world() != nullptr) world()->main_ended();
  shut_down();
}

void serial_runtime::start(task_record& fresh) {
  fresh.timers = &around_;  // the thread's: a wait serves the deadlines around the run too
  thread_state const outside =
      std::exchange(this_thread, thread_state{&fresh, nullptr, nullptr, &world()});
  std::optional<interruption::call> here;
  if (interrupts_.is_on()) {
    this_thread.interrupt = &interrupts_;
    here.emplace(interrupts_, fresh);
  }
  live(fresh);
  here.reset();
  this_thread = outside;
}

}  // namespace coir::detail
