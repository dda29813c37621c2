// SPDX-License-Identifier: BSL-1.0
/// What a task that has ended has to tell.

#include <coir/combine/handles.hpp>

#include <coir/task/this_task.hpp>

namespace coir::detail {

std::exception_ptr error_of(task_record& ended) noexcept {
  if (ended.error != nullptr) ended.retrieved.store(true, std::memory_order_release);
  return ended.error;
}

void throw_failure_of(task_record& ended) {
  if (ended.error == nullptr) return;
  if (ended.how == outcome::cancelled) this_task::checkpoint();
  std::rethrow_exception(error_of(ended));
}

}  // namespace coir::detail
