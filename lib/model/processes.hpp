// SPDX-License-Identifier: BSL-1.0
/// The processes model: each task is an OS process, from the fork server.

#pragma once

#include <atomic>
#include <cstdint>

#include "model/runtime.hpp"

namespace coir::detail {

/// A run on processes. Its main task runs on the calling thread; every other one in a process of its
/// own, whose main task it is in a run of this model.
/// Thread: any.
class processes_runtime final : public runtime {
 public:
  explicit processes_runtime(run_options const& options);

  /// Runs `main`, cancels what it has left behind, and waits until all has ended, and until the
  /// processes are gone.
  void run(task_record& main);

  void start(task_record& fresh) override;
  void task_left(std::size_t left) noexcept override;

 private:
  std::atomic<std::uint32_t> left_{0};       // changes when a task has ended; run() sleeps on it
  std::atomic<std::uint32_t> processes_{0};  // not gone; likewise
};

}  // namespace coir::detail
