// SPDX-License-Identifier: BSL-1.0
/// The end of a record, as others are told of it: callbacks first, then those who wait.

#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

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

/// Runs and destroys those that `last` ends.
COIR_COLD inline void run_chain(task_record& task, done_callback* last) noexcept {
  for (done_callback* at = std::exchange(last->next, nullptr); at != nullptr;) {
    std::unique_ptr<done_callback> const callback(std::exchange(at, at->next));
    run_callback(task, callback->call);
  }
}

/// Runs the callbacks in order of registration, those too that are registered meanwhile. Once there
/// are none left, calls `close()` under the lock under which they are registered.
template <class Close>
void run_callbacks(task_record& task, Close close) noexcept {
  for (;;) {
    done_callback* last;
    {
      std::lock_guard<spin_lock> const held(task.lock);
      last = std::exchange(task.on_done, nullptr);
      if (last == nullptr) [[likely]]
        return close();
    }
    run_chain(task, last);
  }
}

/// Adds one behind the others. The task is locked.
inline void push_callback(task_record& task, done_callback& fresh) noexcept {
  done_callback* const last = std::exchange(task.on_done, &fresh);
  fresh.next = last != nullptr ? std::exchange(last->next, &fresh) : &fresh;
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
