// SPDX-License-Identifier: BSL-1.0
/// A record that stands for a plain thread while it works for somebody.

#pragma once

#include <coir/wait/task_core.hpp>

namespace coir::detail {

/// While it lives, current_task_or_thread() answers with `record` on this thread, where no task runs:
/// what is waited for here is waited for by `record`, in its scopes.
class stand_in {
 public:
  explicit stand_in(task_core& record) noexcept;
  ~stand_in();
  stand_in(stand_in const&) = delete;
  stand_in& operator=(stand_in const&) = delete;

 private:
  task_core* const before_;
};

}  // namespace coir::detail
