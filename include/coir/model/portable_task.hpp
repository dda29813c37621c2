// SPDX-License-Identifier: BSL-1.0
/// How a task is carried into another process, and its result back.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <typeinfo>
#include <vector>

#include <coir/base/config.hpp>

namespace coir::detail {

struct task_record;

/// Why a call cannot be carried: for its function, its argument number `place`, its result.
COIR_EXPORT std::string refuse_function(std::type_info const& type);
COIR_EXPORT std::string refuse_argument(std::size_t place, std::type_info const& type, bool refers);
COIR_EXPORT std::string refuse_result(std::type_info const& type);

/// What a task's type can do about that; one for each type, for as long as the program.
///
/// The processes of a program are forks of one another, none runs another program: so the address of
/// this table means the same in all of them.
struct portable_task {
  /// Why it cannot be carried: which argument, and what to do. Null if it can.
  std::string (*refusal)() = nullptr;

  /// Appends the function and its arguments to `out`.
  void (*pack)(task_record& self, std::vector<std::byte>& out) = nullptr;
  /// A task of the same type, with the function and the arguments that were packed.
  task_record* (*unpack)(std::span<std::byte const> in, unsigned exceptions_at_entry) = nullptr;

  /// Appends the result of `self`, which has returned.
  void (*pack_result)(task_record& self, std::vector<std::byte>& out) = nullptr;
  /// Keeps the result that was packed in `self`.
  void (*unpack_result)(task_record& self, std::span<std::byte const> in) = nullptr;
};

}  // namespace coir::detail
