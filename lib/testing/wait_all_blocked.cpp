// SPDX-License-Identifier: BSL-1.0
/// Asking the run's loop to tell; or, on threads, looking again and again.

#include <coir/testing/wait_all_blocked.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>

#include <coir/base/check.hpp>
#include <coir/cancel/suspend.hpp>
#include <coir/task/sleep.hpp>

#include "model/lull.hpp"
#include "model/runtime.hpp"

namespace coir::testing {
namespace {

constexpr std::chrono::microseconds first_pause{20};
constexpr std::chrono::milliseconds longest_pause{1};

/// Stands in the run's lull while it lives.
struct standing {
  standing(detail::lull& in, detail::task_core& self, std::chrono::nanoseconds cushion) noexcept
      : place(in), node(self, cushion) {
    place.enter(node);
  }
  ~standing() { place.leave(node); }
  standing(standing const&) = delete;
  standing& operator=(standing const&) = delete;

  detail::lull& place;
  detail::lull::waiter node;
};

void look_again_and_again(detail::runtime& run, detail::task_core& self,
                          std::chrono::nanoseconds cushion) {
  standing const here(run.quiet(), self, cushion);
  std::optional<std::uint64_t> seen;  // all were parked, and had begun so many waits
  time_point since{};
  for (std::chrono::nanoseconds pause = first_pause;;) {
    std::optional<std::uint64_t> const look = run.waits_if_all_parked();
    if (!look || look != seen) {
      seen = look;
      since = now();
    }
    if (seen && now() >= detail::deadline_after(since, cushion)) return;
    sleep_for(pause);
    pause = std::min<std::chrono::nanoseconds>(pause * 2, longest_pause);
  }
}

}  // namespace

void wait_all_blocked(std::chrono::nanoseconds cushion) {
  if (detail::current_task() == nullptr)
    detail::misuse("coir: wait_all_blocked() outside of a task; call it inside coir::run()");
  detail::task_core& self = detail::checkpoint();
  detail::runtime& run = *static_cast<detail::task_record&>(self).run;
  switch (run.kind()) {
    case model::fibers:
    case model::boost_fibers: return run.quiet().await(self, cushion);
    case model::threads: return look_again_and_again(run, self, cushion);
    case model::serial: return;
    case model::processes: break;
  }
  detail::misuse(
      "coir: wait_all_blocked() on processes, whose tasks cannot be seen from here; choose another "
      "model");
}

}  // namespace coir::testing
