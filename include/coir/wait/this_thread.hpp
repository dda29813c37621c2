// SPDX-License-Identifier: BSL-1.0
/// What runs on the calling thread.

#pragma once

#include <memory>

#include <coir/base/config.hpp>

namespace coir::detail {

class outside;
class waking_signal;
struct ready_queue;
struct task_core;

/// The running task of a thread, and who schedules it.
struct thread_state {
  task_core* current = nullptr;
  ready_queue* home = nullptr;      // the worker it runs on, if it is a fiber
  task_core& (*adopt)() = nullptr;  // another library's scheduler: makes what runs a task
  std::shared_ptr<outside> const* world = nullptr;  // serial: of its run; holds null at first
  waking_signal* interrupt = nullptr;               // serial: of its run, if that handles one
  task_core* driver = nullptr;  // of a plain thread: its record, while it runs a generator's body
};

/// Two instructions away, from a shared library too: it is asked for at the start of every wait.
extern COIR_EXPORT constinit thread_local thread_state this_thread
    __attribute__((tls_model("initial-exec")));

}  // namespace coir::detail
