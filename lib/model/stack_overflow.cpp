// SPDX-License-Identifier: BSL-1.0
/// Finding the task in whose guard an address lies.

#include "model/stack_overflow.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "context/stack.hpp"
#include "wait/ready_queue.hpp"

namespace coir::detail {

bool is_overflow(void const* address, overflow_report& report) noexcept {
  task_core const* const task =
      this_thread.current != nullptr ? this_thread.current : this_thread.driver;
  if (task == nullptr || task->flow.on == nullptr) return false;
  auto const* const at = static_cast<std::byte const*>(address);
  std::byte const* const low = task->flow.on->low;
  if (at >= low || at < low - stack_pool::guard_size) return false;
  if (task->notes && !task->notes->name.empty()) {
    std::strncpy(report.name, task->notes->name.c_str(), sizeof report.name - 1);
  } else if (task->id == 0) {
    std::strcpy(report.name, "(a plain thread's generator)");
  } else {
    // snprintf is not async-signal-safe by the book; digits by hand are.
    char digits[24];
    char* end = digits + sizeof digits;
    char* digit = end;
    *--digit = '\0';
    for (std::uint64_t id = task->id; digit == end - 1 || id != 0; id /= 10)
      *--digit = static_cast<char>('0' + id % 10);
    std::strcpy(report.name, "task-");
    std::strcat(report.name, digit);
  }
  report.id = task->id;
  report.stack_size = task->flow.on->size;
  return true;
}

}  // namespace coir::detail
