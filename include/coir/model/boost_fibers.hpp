// SPDX-License-Identifier: BSL-1.0
/// coir for programs that already run on Boost.Fiber. Needs Boost.Fiber; <coir/coir.hpp> leaves it out.

#pragma once

#include <chrono>
#include <memory>

#include <coir/base/config.hpp>

#if COIR_TSAN && defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"  // Boost counts references with a fence
#endif
#include <boost/fiber/algo/algorithm.hpp>
#include <boost/fiber/context.hpp>
#if COIR_TSAN && defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

namespace coir::detail {
class boost_loop;
}

namespace coir::boost_fibers {

/// Boost.Fiber's scheduler for a thread whose fibers wait for what coir's tasks wait for.
///
/// With it a fiber of Boost's may use coir's queues, locks, timeouts, cancel scopes and sleeps. Its
/// wait parks the fiber and not the thread, and may be ended by any task, fiber or thread. Fibers run
/// round robin; with none ready, the thread sleeps. Boost's own waits work as ever. A wait inside a
/// catch block is safe: each fiber has its own exceptions in flight.
/// A fiber that waits so is no task: spawn() is for tasks, and coir::run() would hold up the thread.
/// Once installed it stays: parked fibers know it. A fiber may not have properties of its own.
/// Thread: install it on each thread that runs fibers, in this way:
///   boost::fibers::use_scheduling_algorithm<coir::boost_fibers::scheduling_algorithm>();
/// Mirrors: boost::fibers::algo::round_robin.
class COIR_EXPORT scheduling_algorithm final : public boost::fibers::algo::algorithm {
 public:
  /// For the calling thread.
  ///   Throws: std::system_error when there is no descriptor left.
  scheduling_algorithm();
  ~scheduling_algorithm() override;

  // What Boost.Fiber calls.
  void awakened(boost::fibers::context* ready) noexcept override;
  boost::fibers::context* pick_next() noexcept override;
  [[nodiscard]] bool has_ready_fibers() const noexcept override;
  void suspend_until(std::chrono::steady_clock::time_point const& until) noexcept override;
  void notify() noexcept override;

  /// For coir's own use.
  [[nodiscard]] detail::boost_loop& loop() const noexcept { return *loop_; }

 private:
  std::unique_ptr<detail::boost_loop> const loop_;
};

}  // namespace coir::boost_fibers
