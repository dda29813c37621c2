// SPDX-License-Identifier: BSL-1.0
/// How a task in another process has ended, as it was heard from there.

#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <vector>

#include <coir/model/portable_task.hpp>
#include <coir/model/task_record.hpp>

#include "model/process_wire.hpp"
#include "sys/message.hpp"

namespace coir::detail {

/// What a process has sent as the result of its task.
class process_result {
 public:
  /// Takes it from a message with a result_notice.
  void take(byte_view all, message& came);
  /// Takes one that has come another way, and fits into memory.
  void take(outcome how, byte_view packed);

  [[nodiscard]] bool is_there() const noexcept { return notice_.how != outcome::pending; }

  /// What it has thrown; null: nothing.
  [[nodiscard]] std::exception_ptr error();

  /// Keeps what the task has returned in `task`, or throws what it has thrown.
  void deliver(task_record& task, portable_task const& type);

 private:
  result_notice notice_;           // how: pending, if there is none
  std::vector<std::byte> packed_;  // the result, or it is in the file
  std::vector<descriptor> attached_;
  descriptor file_;
};

/// Throws what those get who wait for a task whose process has ended before it.
[[noreturn]] void throw_death(end_notice const& end, std::string const& task);

/// The same where no process could be made.
[[noreturn]] void throw_no_process(byte_view notice);

}  // namespace coir::detail
