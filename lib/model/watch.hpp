// SPDX-License-Identifier: BSL-1.0
/// Looking on at the tasks of a run: its tracer, its notes for dumps, its limit for steps.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

#include <coir/model/task_record.hpp>
#include <coir/model/tracer.hpp>

#include "model/runtime.hpp"
#include "wait/observer.hpp"

namespace coir::detail {

/// What a run has whose options ask to look on.
/// Thread: as observer says.
class watch final : public observer {
 public:
  [[nodiscard]] static bool is_wanted(run_options const& options) noexcept {
    return options.trace != nullptr || options.debug || options.slow_step.count() > 0;
  }

  explicit watch(run_options const& options) noexcept
      : tracer_(options.trace), slow_step_(options.slow_step) {}

  /// Makes an observed task this one's, before it begins.
  ///   Throws: std::bad_alloc.
  void look_at(task_record& fresh, spawn_site site);

  void is_spawned(task_record& fresh) noexcept;
  void begins(task_record& self) noexcept;
  /// Its process is about to be asked for: from here it is seen as parked until that has ended.
  void is_sent(task_record& fresh) noexcept;
  void ends(task_record& self) noexcept;
  /// Its model could not carry it, and spawn() throws.
  void never_began(task_record& fresh) noexcept;

  void parks(task_core& self) noexcept override;
  void goes_on(task_core& self) noexcept override;
  void yields(task_core& self) noexcept override;
  void is_woken(task_core& claimed) noexcept override;

 private:
  void begin_step(task_core& self) noexcept;
  void end_step(task_core& self) noexcept;
  void warn_of_slow_step(task_core& self, std::chrono::nanoseconds took) noexcept;
  void tell(trace_point what, task_core& task, std::uint64_t by, std::string_view about) noexcept;

  std::atomic<tracer*> tracer_;               // null: none, or no longer
  std::chrono::nanoseconds const slow_step_;  // zero or less: steps are not measured
};

}  // namespace coir::detail
