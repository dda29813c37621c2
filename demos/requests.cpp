// SPDX-License-Identifier: BSL-1.0
/// requests: many come in at once; answered one at a time, by a thread each, a task each, a process each.
#include <CLI/CLI.hpp>
#include <fstream>
#include <system_error>
#include <vector>

#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

std::vector<int> counts{10, 100, 1'000, 10'000};

/// Waits for the database, and writes the page.
std::size_t answer(int number) {
  coir::sleep_for(seconds(0.5));
  std::string const page = fmt::format("<h1>Request {}</h1>", number);
  coir::sleep_for(seconds(0.5));
  return page.size();
}

// ---- memory ----------------------------------------------------------------------------------

/// A line of a file in /proc/self, in KiB.
long kibibytes(char const* file, std::string_view name) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name)) return std::stol(line.substr(name.size()));
  }
  return 0;
}

/// What a process has for itself alone: most of its memory it shares with the one it was forked from.
long own_memory() {
  return kibibytes("/proc/self/smaps_rollup", "Private_Clean:") +
         kibibytes("/proc/self/smaps_rollup", "Private_Dirty:");
}

long answer_and_measure(int number) {
  answer(number);
  return own_memory();
}

// ---- four ways -------------------------------------------------------------------------------

void one_at_a_time(int count) {
  for (int number = 0; number < count; ++number) answer(number);
}

void a_task_each(int count) {
  coir::group([&](coir::task_group& group) {
    for (int number = 0; number < count; ++number) group.spawn(answer, number);
  });
}

long a_process_each(int count) {
  std::vector<coir::task<long>> all;
  for (int number = 0; number < count; ++number)
    all.push_back(coir::spawn(answer_and_measure, number));
  long sum = 0;
  for (auto& each : all) sum += each.get();
  return sum;
}

enum class way { one_at_a_time, thread_each, task_each, process_each };

struct figures {
  double seconds = 0;  // real ones
  long memory = 0;     // KiB
  bool refused = false;
};

/// Runs in a process of its own, so that what one has left behind is not taken for another's.
figures measure(way how, int count) {
  long const before = kibibytes("/proc/self/status", "VmRSS:");
  long of_processes = 0;
  auto const began = coir::now();
  try {
    switch (how) {
      case way::one_at_a_time: one_at_a_time(count); break;
      case way::thread_each: coir::run({.model = coir::model::threads}, a_task_each, count); break;
      case way::task_each: coir::run({.model = coir::model::fibers}, a_task_each, count); break;
      case way::process_each: of_processes = a_process_each(count); break;
    }
  } catch (std::system_error const&) {
    return {.refused = true};
  }
  double const took = std::chrono::duration<double>(coir::now() - began).count();
  return {took, of_processes + kibibytes("/proc/self/status", "VmHWM:") - before};
}

constexpr struct {
  char const* name;
  way how;
  int most;
} ways[]{
    {"one at a time", way::one_at_a_time, 1'000},
    {"a thread each", way::thread_each, 10'000},
    {"a task each", way::task_each, 1'000'000},
    {"a process each", way::process_each, 1'000},
};

std::string told(figures const& got, int count) {
  if (got.refused) return "refused";
  return fmt::format(std::locale("C"), "{:.0f}/s {:>6.1f} MiB", count / got.seconds,
                     static_cast<double>(got.memory) / 1024);
}

std::string play() {
  std::string seen;
  std::string head = fmt::format("{:>8}", "requests");
  for (auto const& each : ways) head += fmt::format("{:>22}", each.name);
  say("{}", head);
  for (int const count : counts) {
    std::string line = fmt::format("{:>8}", count);
    for (auto const& [name, how, most] : ways) {
      if (count > most) {
        line += fmt::format("{:>22}", "-");
        continue;
      }
      figures const got = coir::run({.model = coir::model::processes}, [&, how = how] {
        return coir::spawn(measure, how, count).get();
      });
      line += fmt::format("{:>22}", told(got, count));
      if (how == way::task_each && !got.refused)
        seen = fmt::format("{} requests of {:.3f} s, a task each: {:.3f} s", count,
                           std::chrono::duration<double>(seconds(1)).count(), got.seconds);
    }
    say("{}", line);
  }
  return seen;
}

}  // namespace

demo const requests_demo{
    .name = "requests",
    .chapter = "Work",
    .summary = "many at once: one at a time, a thread, a task, a process each",
    .play = play,
    .runs_itself = true,
    .unit = "2ms",
    .add_options = [](CLI::App& command) {
      command.add_option("COUNTS", counts, "How many requests (10 100 1000 10000)")
          ->check(CLI::Range(1, 1'000'000));
    }};

}  // namespace demos
