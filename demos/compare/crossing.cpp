// SPDX-License-Identifier: BSL-1.0
/// From one task to a million, all alive at once: where the models' costs cross, and how far each can go.
#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "crew.hpp"
#include "lesson.hpp"
#include "together.hpp"
#include "units.hpp"
#include "workload.hpp"

namespace demos::compare {
namespace {

template <class Barrier>
std::uint64_t pass(handle<Barrier> all) {
  all.wait();
  return 1;
}

template <class Barrier>
outcome cross(job const& work) {
  Barrier all(work.tasks);
  adders tasks;
  for (std::uint64_t i = 0; i < work.tasks; ++i) tasks.spawn(pass<Barrier>, handle_of(all));
  return {.value = tasks.sum(), .troubles = {}};
}

outcome on_coir(job const& work) {
  return on_processes() ? cross<coir::shared<coir::barrier>>(work) : cross<coir::barrier>(work);
}

outcome on_std(job const& work) {
  std::mutex lock;
  std::condition_variable changed;
  std::uint64_t missing = work.tasks;
  bool in_vain = false;
  std::atomic<std::uint64_t> passed = 0;
  crew threads(work.tasks);
  try {
    for (std::uint64_t i = 0; i < work.tasks; ++i) {
      threads.spawn([&] {
        {
          std::unique_lock held(lock);
          if (--missing == 0) {
            changed.notify_all();
          } else {
            changed.wait(held, [&] { return missing == 0 || in_vain; });
          }
        }
        passed.fetch_add(1, std::memory_order_relaxed);
      });
    }
  } catch (...) {
    {
      std::scoped_lock const held(lock);
      in_vain = true;  // or those that were started would wait for good
    }
    changed.notify_all();
    throw;
  }
  threads.join();
  return {.value = passed, .troubles = {}};
}

std::uint64_t expected(job const& work, outcome const&) { return work.tasks; }

/// "fibers up to 1,000,000 (1.2 us each)": the largest number that the model finished.
std::string reach(sheet const& all, std::string_view model) {
  for (auto at = all.blocks.rbegin(); at != all.blocks.rend(); ++at) {
    auto const wall = at->wall(model);
    if (!wall) continue;
    return fmt::format("{} up to {} ({} each)", model, with_commas(at->tasks),
                       as_time(*wall / static_cast<double>(at->tasks)));
  }
  return {};
}

std::string lesson(sheet const& all) {
  std::string list;
  if (!all.blocks.empty()) {
    for (auto const& each : all.blocks.front().rows) {
      std::string const one = reach(all, each.model);
      if (!one.empty()) list += (list.empty() ? "" : ", ") + one;
    }
  }
  if (list.empty()) return "No model finished within the limit.";
  return fmt::format("All alive at once: {}.", list);
}

}  // namespace

workload const crossing = {
    .name = "crossing",
    .caption = "tasks that are all alive at once: each waits until all are there",
    .tasks = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000},
    .multiple = 1,
    .on_coir = on_coir,
    .on_std = on_std,
    .expected = expected,
    .lesson = lesson,
    .by_default = false,
    .most_processes = 200,  // there is room for 254 at one barrier
};

}  // namespace demos::compare
