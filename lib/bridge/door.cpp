// SPDX-License-Identifier: BSL-1.0
/// Where to find a run's door, and how it is closed.

#include "bridge/door.hpp"

#include <algorithm>
#include <string>
#include <thread>

#include <coir/base/warning.hpp>
#include <coir/sys/futex.hpp>
#include <coir/task/task_state.hpp>

#include "model/runtime.hpp"
#include "model/watch.hpp"

namespace coir::detail {
namespace {

std::size_t threads_for(run_options const& options) noexcept {
  if (options.offload_threads != 0) return options.offload_threads;
  return std::min<std::size_t>(32, std::thread::hardware_concurrency() + 4u);
}

void warn_of_abandoned(std::uint32_t left) {
  warn("run() ends while " + std::to_string(left) +
       " abandoned call(s) of offload() still run; their threads go on without it "
       "(run_options::grace says how long it waits)");
}

}  // namespace

door::door(runtime* run, int bell, run_options const& options)
    : outside(bell),
      kind(options.model),
      observed(watch::is_wanted(options)),
      threads(threads_for(options)),
      run_(run) {}

std::shared_ptr<door> door::here() {
  task_core* const self = current_task();
  if (self == nullptr) {
    // Kept for good: threads may be at work while the process ends.
    static auto const& of_no_run =
        *new std::shared_ptr<door>(std::make_shared<door>(nullptr, -1, run_options{}));
    return of_no_run;
  }
  return std::static_pointer_cast<door>(
      static_cast<task_record*>(self)->run->world([](runtime& run) -> std::shared_ptr<outside> {
        int const bell = run.options().clock != nullptr ? run.bell() : -1;
        return std::make_shared<door>(&run, bell, run.options());
      }));
}

/// On `serial` nobody serves: a call is a task beside the one that waits, on its stack.
void door::attend() {
  make_calls_in_a_task([](post_line& line) noexcept { line.make_calls(); });
}

void door::main_ended() {
  make_calls_in_a_task([](post_line& line) noexcept { line.close(); });
}

void door::make_calls_in_a_task(void (*make)(post_line& line) noexcept) {
  auto work = [this, make] { make(posts); };
  using state = task_state<bound<decltype(work)>>;
  record_ref<state> const fresh(new state(type_of_resident<bound<decltype(work)>>,
                                          birth_in(kind, observed), std::in_place,
                                          std::move(work)));
  set_name(*fresh, "loop_handle");
  launch_in(*run_, *fresh);
}

void door::abandoned_ended() noexcept {
  abandoned_.fetch_sub(1, std::memory_order_release);
  futex_wake(&abandoned_);
}

void door::close(time_point give_up) noexcept {
  outside::close(give_up);
  for (;;) {
    std::uint32_t const left = abandoned_.load(std::memory_order_acquire);
    if (left == 0 || give_up == time_point::min()) return;
    if (std::chrono::steady_clock::now() >= give_up) return warn_of_abandoned(left);
    futex_wait(abandoned_, left, give_up);
  }
}

}  // namespace coir::detail
