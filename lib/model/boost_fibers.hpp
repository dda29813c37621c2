// SPDX-License-Identifier: BSL-1.0
/// The boost_fibers model: each task is a boost::fibers::fiber, all on one thread of the run's own.

#pragma once

#include "model/runtime.hpp"

// Whether Boost.Fiber is there; the build says when it is not, and then leaves out boost_fibers*.cpp.
#ifndef COIR_HAVE_BOOST_FIBERS
#define COIR_HAVE_BOOST_FIBERS 1
#endif

namespace coir::detail {

class boost_loop;
class boost_seat;

/// A run on Boost.Fiber. The calling thread waits for the thread on which it all happens: Boost's
/// scheduler cannot be taken off a thread again.
/// Thread: the run's own, but for the constructor and run().
class boost_fibers_runtime final : public runtime {
 public:
  explicit boost_fibers_runtime(run_options const& options)
      : runtime(model::boost_fibers, options) {}

  /// Runs `main` and everything it spawns, to the end.
  ///   Throws: std::system_error when there is no thread, or no stack for `main`, which then never
  ///   was.
  void run(task_record& main);

  void start(task_record& fresh) override;
  void task_left(std::size_t left) noexcept override;

 private:
  void count(run_statistics& into) noexcept override;
  void serve(task_record& main);
  void wait() noexcept;

  boost_loop* loop_ = nullptr;
  boost_seat* keeper_ = nullptr;  // of the thread's main context, while it waits for tasks to end
  task_record* main_ = nullptr;
  bool ending_ = false;  // main has ended, and the rest is cancelled
};

}  // namespace coir::detail
