// SPDX-License-Identifier: BSL-1.0
/// Processes as tasks.

#include "model/processes.hpp"

#include <chrono>
#include <stdexcept>

#include <coir/model/portable_task.hpp>
#include <coir/sys/futex.hpp>

#include "cancel/first_look.hpp"
#include "model/fork_server.hpp"
#include "model/process_task.hpp"

namespace coir::detail {
namespace {

// In the word by which run() hears that tasks have ended.
constexpr std::uint32_t asleep = 1;    // it sleeps, or is about to
constexpr std::uint32_t one_more = 2;  // has ended

}  // namespace

processes_runtime::processes_runtime(run_options const& options)
    : runtime(model::processes, options) {
  start_fork_server();
}

void processes_runtime::run(task_record& main) {
  interrupts_.look_elsewhere();
  // With the timers around, so that its waits serve the deadlines around the run too.
  live_here(main, around_, &live_traced);
  shut_down();
  for (;;) {
    std::uint32_t const seen = left_.fetch_or(asleep, std::memory_order_acq_rel) | asleep;
    if (live_count() == 0) break;
    futex_wait(left_, seen, around_.earliest());
    around_.fire_due(std::chrono::steady_clock::now());
  }
  while (std::uint32_t const left = processes_.load(std::memory_order_acquire))
    futex_wait(processes_, left, never);
}

void processes_runtime::task_left(std::size_t) noexcept {
  // With the last one the run may be gone at once: what is to be known of it is read along.
  if ((left_.fetch_add(one_more, std::memory_order_acq_rel) & asleep) != 0) futex_wake(&left_);
}

void processes_runtime::start(task_record& fresh) {
  look_first();
  constexpr refusal shares_memory{{obstacle::shares_memory}};
  refusal const& refused =
      fresh.type().portable == nullptr ? shares_memory : fresh.type().portable->refused;
  if (refused.found.why != obstacle::none) throw std::invalid_argument(to_string(refused));
  if (fresh.interrupted.load(std::memory_order_acquire)) {
    live_here(fresh, *current_task()->timers);  // never begins (C7)
  } else {
    process_task::begin(fresh, options().grace, processes_);
  }
}

}  // namespace coir::detail
