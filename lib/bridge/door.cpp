// SPDX-License-Identifier: BSL-1.0
/// Where to find a run's door, and how it is closed.

#include "bridge/door.hpp"

#include <algorithm>
#include <string>
#include <thread>

#include <coir/base/warning.hpp>
#include <coir/sys/futex.hpp>

#include "model/runtime.hpp"

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

door::door(int bell, std::size_t offload_threads) : outside(bell), threads(offload_threads) {}

std::shared_ptr<door> door::here() {
  task_core* const self = current_task();
  if (self == nullptr) {
    // Kept for good: threads may be at work while the process ends.
    static auto const& of_no_run =
        *new std::shared_ptr<door>(std::make_shared<door>(-1, threads_for(run_options{})));
    return of_no_run;
  }
  return std::static_pointer_cast<door>(
      static_cast<task_record*>(self)->run->world([](runtime& run) -> std::shared_ptr<outside> {
        int const bell = run.options().clock != nullptr ? run.bell() : -1;
        return std::make_shared<door>(bell, threads_for(run.options()));
      }));
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
