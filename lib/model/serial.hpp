// SPDX-License-Identifier: BSL-1.0
/// The serial model: a task is a call.

#pragma once

#include "model/runtime.hpp"

namespace coir::detail {

/// A run in which spawn() runs the task to its end, on the caller's stack, in a fresh root scope.
/// Thread: the run's own.
class serial_runtime final : public runtime {
 public:
  explicit serial_runtime(run_options const& options) : runtime(model::serial, options) {}

  void run(task_record& main);
  void start(task_record& fresh) override;
  void task_left(std::size_t) noexcept override {}
};

}  // namespace coir::detail
