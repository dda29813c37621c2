// SPDX-License-Identifier: BSL-1.0
/// What stands here for a task that runs in another process.

#pragma once

#include <coir/wait/task_core.hpp>

namespace coir::detail {

/// A task of kind `process` or `pooled` is parked from its beginning to its end, so that a cancel claims
/// it; what then wakes it hears of it here. At its end the first runs for a while, as a thread does.
class proxy {
 public:
  /// Its wake().
  ///   Thread: any.
  virtual void wake(task_core& claimed) noexcept = 0;

 protected:
  ~proxy() = default;
};

/// What stands for a task of these kinds.
inline proxy& proxy_of(task_core const& task) noexcept {
  return *static_cast<proxy*>(task.flow.resume_at);
}
inline void set_proxy(task_core& task, proxy& stand) noexcept { task.flow.resume_at = &stand; }

}  // namespace coir::detail
