// SPDX-License-Identifier: BSL-1.0
/// first_of: waits for two greetings: for the first, for a second and a half, for both.
#include <fmt/ranges.h>

#include <optional>
#include <vector>

#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

void greet(double delay, std::string what) {
  coir::sleep_for(seconds(delay));
  say("{}", what);
}

/// Spawns both, waits for `goal`, tells the two sets, and then lets the pending one end.
double wait_until(coir::return_when goal, std::optional<double> limit = {}) {
  constexpr std::array names{"hello", "world"};
  stopwatch watch;
  std::vector<coir::task<>> greetings;
  greetings.push_back(coir::spawn(greet, 1, "hello ..."));
  greetings.push_back(coir::spawn(greet, 2, "... world!"));
  auto const [done, pending] =
      limit ? coir::wait(greetings, goal, seconds(*limit)) : coir::wait(greetings, goal);
  double const waited = watch.seconds();

  auto const named = [&names](std::vector<std::size_t> const& places) {
    std::vector<std::string_view> list;
    for (std::size_t place : places) list.emplace_back(names[place]);
    return fmt::format("{{{}}}", fmt::join(list, ", "));
  };
  say("done={} pending={}", named(done), named(pending));
  coir::gather(greetings);
  return waited;
}

std::string play() {
  double const first = wait_until(coir::return_when::first_completed);
  double const limited = wait_until(coir::return_when::all_completed, 1.5);
  double const all = wait_until(coir::return_when::all_completed);
  return fmt::format("for the first {:.3f} s, at most 1.5 {:.3f} s, for both {:.3f} s", first,
                     limited, all);
}

}  // namespace

demo const first_of_demo{.name = "first_of",
                         .chapter = "Tasks",
                         .summary = "waits for the first of two, for a while, for both",
                         .play = play,
                         .on_processes = true};

}  // namespace demos
