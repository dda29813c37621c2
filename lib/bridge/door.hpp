// SPDX-License-Identifier: BSL-1.0
/// Between a run and the threads outside: what this room keeps for a run.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <coir/model/model.hpp>
#include <coir/sync/semaphore.hpp>

#include "bridge/posts.hpp"
#include "wait/outside.hpp"

namespace coir::detail {

class runtime;

/// The world outside of a run, as this room knows it. Plain threads share one of no run.
class door final : public outside {
 public:
  door(runtime* run, int bell, run_options const& options);

  /// That of the calling task's run; outside of a run, that of no run.
  static std::shared_ptr<door> here();

  /// A call was abandoned; it has ended.
  void abandon() noexcept { abandoned_.fetch_add(1, std::memory_order_relaxed); }
  void abandoned_ended() noexcept;

  void attend() override;
  void main_ended() override;
  void close(time_point give_up) noexcept override;

  model const kind;     // of its run
  bool const observed;  // its tasks are, for the run looks on
  semaphore threads;    // a permit for each thread that may be at an offloaded call
  post_line posts;      // what the run is asked to do

 private:
  void make_calls_in_a_task(void (*make)(post_line& line) noexcept);

  runtime* const run_;                       // null: of no run; gone once closed
  std::atomic<std::uint32_t> abandoned_{0};  // close() sleeps on it
};

}  // namespace coir::detail
