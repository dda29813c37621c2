// SPDX-License-Identifier: BSL-1.0
/// How a task is carried into another process, and its result back.

#pragma once

#include <coir/model/refusal.hpp>

namespace coir {
class input_archive;
class output_archive;
}  // namespace coir

namespace coir::detail {

struct task_record;

/// What a task's type can do about that; one for each type, for as long as the program.
///
/// The processes of a program are forks of one another, none runs another program: so the address of
/// this table means the same in all of them.
struct portable_task {
  refusal refused;  // the rest is null then

  /// With `out`: appends the function and the arguments of `self`. With `in`: a task of the same type,
  /// with the function and the arguments that were packed.
  task_record* (*carry)(task_record* self, output_archive* out, input_archive* in) = nullptr;
  /// With `out`: appends the result of `self`, which has returned. With `in`: keeps the result that was
  /// packed in `self`.
  void (*carry_result)(task_record& self, output_archive* out, input_archive* in) = nullptr;
};

}  // namespace coir::detail
