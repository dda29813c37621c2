// SPDX-License-Identifier: BSL-1.0
/// Doing something at one step of one task: so a race is forced and not hoped for.

#pragma once

#include <atomic>
#include <functional>
#include <string>

#include <coir/model/tracer.hpp>

namespace coir::testing {

/// A step to wait for.
struct step {
  trace_point what;
  std::string task;        ///< its name
  std::string about = {};  ///< empty: whatever trace_event::about is
};

/// Acts once, when the task called so takes that step, and before it takes another one.
///
///     coir::testing::interlude race({coir::trace_point::woken, "getter", "fulfilled"},
///                                   [&] { getter.cancel(); });
///     coir::run({.model = coir::model::threads, .trace = &race}, …);
///
/// Here the getter has been given its item when the cancel comes, and has not gone on yet. Between the
/// claim of a wait and the resumption of its task is where cancels, deadlines and other wakes meet.
/// `act` is called by whoever takes the step, with nothing of coir's locked: the claimant of a wait, on
/// fibers the worker's loop for a deadline. It must not wait.
/// Thread: as tracer.
class COIR_EXPORT interlude final : public tracer {
 public:
  interlude(step when, std::function<void()> act);
  void on_event(trace_event const& event) override;

  /// Whether it has acted.
  [[nodiscard]] bool played() const noexcept { return played_.load(std::memory_order_acquire); }

 private:
  step const when_;
  std::function<void()> const act_;
  std::atomic<bool> begun_{false};
  std::atomic<bool> played_{false};
};

}  // namespace coir::testing
