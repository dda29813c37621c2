// SPDX-License-Identifier: BSL-1.0
/// N tasks that wait, as a service waits for its database.
#include <fmt/format.h>

#include <atomic>
#include <chrono>

#include "crew.hpp"
#include "lesson.hpp"
#include "together.hpp"
#include "units.hpp"
#include "workload.hpp"

namespace demos::compare {
namespace {

constexpr std::chrono::milliseconds nap{20};

std::uint64_t sleep_once() {
  coir::sleep_for(nap);
  return 1;
}

outcome on_coir(job const& work) {
  adders tasks;
  for (std::uint64_t i = 0; i < work.tasks; ++i) tasks.spawn(sleep_once);
  return {.value = tasks.sum(), .troubles = {}};
}

outcome on_std(job const& work) {
  std::atomic<std::uint64_t> woken = 0;
  crew threads(work.tasks);
  for (std::uint64_t i = 0; i < work.tasks; ++i) {
    threads.spawn([&] {
      std::this_thread::sleep_for(nap);
      ++woken;
    });
  }
  threads.join();
  return {.value = woken, .troubles = {}};
}

std::uint64_t expected(job const& work, outcome const&) { return work.tasks; }

std::string lesson(sheet const& all) {
  auto const* const at = most_telling(all);
  if (at == nullptr) return "No model finished within the limit.";
  auto const in_turn = std::chrono::duration<double>(nap).count() * static_cast<double>(at->tasks);
  return fmt::format("{} of {} ms: {}; one after the other they take {}.",
                     counted(at->tasks, "wait"), nap.count(), listed(*at, as_time, "serial"),
                     as_time(in_turn));
}

}  // namespace

workload const sleepers = {
    .name = "sleepers",
    .caption = "tasks that each wait 20 ms, as a service waits for its database",
    .tasks = {10, 100, 1'000, 10'000},
    .multiple = 1,
    .on_coir = on_coir,
    .on_std = on_std,
    .expected = expected,
    .lesson = lesson,
};

}  // namespace demos::compare
