// SPDX-License-Identifier: BSL-1.0
/// From one task to a million, all alive at once: where the models' costs cross, and how far each can go.
#include <fmt/format.h>

#include <atomic>
#include <coir/coir.hpp>
#include <condition_variable>
#include <mutex>

#include "crew.hpp"
#include "lesson.hpp"
#include "units.hpp"
#include "workload.hpp"

namespace demos::compare {
namespace {

outcome on_coir(job const& work) {
  coir::event gate;
  std::atomic<std::uint64_t> passed = 0;
  coir::group([&](coir::task_group& tasks) {
    for (std::uint64_t i = 0; i < work.tasks; ++i) {
      tasks.spawn([&] {
        gate.wait();
        passed.fetch_add(1, std::memory_order_relaxed);
      });
    }
    coir::yield();
    gate.set();
  });
  return {.value = passed, .troubles = {}};
}

outcome on_std(job const& work) {
  std::mutex lock;
  std::condition_variable opened;
  bool open = false;
  std::atomic<std::uint64_t> passed = 0;
  crew threads(work.tasks);
  auto const open_gate = [&] {
    {
      std::scoped_lock const held(lock);
      open = true;
    }
    opened.notify_all();
  };
  try {
    for (std::uint64_t i = 0; i < work.tasks; ++i) {
      threads.spawn([&] {
        std::unique_lock held(lock);
        opened.wait(held, [&] { return open; });
        passed.fetch_add(1, std::memory_order_relaxed);
      });
    }
  } catch (...) {
    open_gate();  // or those that were started would wait for good
    throw;
  }
  open_gate();
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
    .caption = "tasks that are all alive at once and wait for one event",
    .tasks = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000},
    .multiple = 1,
    .on_coir = on_coir,
    .on_std = on_std,
    .expected = expected,
    .lesson = lesson,
    .by_default = false,
};

}  // namespace demos::compare
