// SPDX-License-Identifier: BSL-1.0
/// The threads model: each task is an OS thread, from a cache.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <coir/timer/timer.hpp>

#include "model/runtime.hpp"

namespace coir::detail {

/// A run on threads. Its main task runs on the calling thread.
///
/// A thread whose task has ended waits for the next one, the last one to wait goes first. All are
/// joined when the run ends: nothing of it outlives run().
/// Thread: any.
class threads_runtime final : public runtime {
 public:
  explicit threads_runtime(run_options const& options);
  ~threads_runtime();

  /// Runs `main`, cancels what it has left behind, and waits until all has ended.
  void run(task_record& main);

  void start(task_record& fresh) override;
  void task_left(std::size_t left) noexcept override;

 private:
  struct cached_thread;

  void count(run_statistics& into) noexcept override;

  cached_thread& create(task_record& first);
  void serve(cached_thread& own);
  static void* entry(void* self);

  std::atomic<std::uint32_t> left_{0};  // changes when a task has ended; run() sleeps on it
  std::mutex lock_;                     // guards the rest
  std::vector<std::unique_ptr<cached_thread>> threads_;
  cached_thread* idle_ = nullptr;  // a stack of those without a task
};

}  // namespace coir::detail
