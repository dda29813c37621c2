// SPDX-License-Identifier: BSL-1.0
/// The end of a record, as others are told of it: callbacks first, then those who wait.

#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include <coir/model/task_record.hpp>

#include "model/unhandled.hpp"

namespace coir::detail {

/// Runs `callback`; what it throws goes to the unhandled-exception handler.
inline void run_callback(task_record& ended, std::function<void()> const& callback) noexcept {
  try {
    callback();
  } catch (...) {
    report_unhandled(ended, std::current_exception());
  }
}

/// Runs the callbacks in order of registration, those too that are registered meanwhile. Once there
/// are none left, calls `close()` under the lock under which they are registered.
template <class Close>
void run_callbacks(task_record& task, Close close) noexcept {
  for (;;) {
    std::vector<std::function<void()>> callbacks;
    {
      std::lock_guard<spin_lock> const held(task.lock);
      callbacks.swap(task.on_done);
      if (callbacks.empty()) return close();
    }
    for (auto const& callback : callbacks) run_callback(task, callback);
  }
}

/// Marks it as ended, and claims who waits for that. Its lock is held.
inline void mark_ended(task_record& task, wake_chain& woken) noexcept {
  task.ended.store(true, std::memory_order_release);
  while (!task.watchers.empty()) {
    watcher& waiting = task.watchers.pop_front();
    woken.add(waiting.ended(waiting, task));
  }
}

}  // namespace coir::detail
