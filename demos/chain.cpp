// SPDX-License-Identifier: BSL-1.0
/// chain: part 2 needs what part 1 returns; three such chains go side by side.
#include <CLI/CLI.hpp>
#include <vector>

#include "demo/demo.hpp"
#include "demo/python_random.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

std::vector<int> numbers{1, 2, 3};

std::string part1(int n) {
  int const pause = random_between(0, 10);
  say("part1({}) sleeping for {} seconds.", n, pause);
  coir::sleep_for(seconds(pause));
  std::string result = fmt::format("result{}-1", n);
  say("Returning part1({}) == {}.", n, result);
  return result;
}

std::string part2(int n, std::string const& from) {
  int const pause = random_between(0, 10);
  say("part2({}, '{}') sleeping for {} seconds.", n, from, pause);
  coir::sleep_for(seconds(pause));
  std::string result = fmt::format("result{}-2 derived from {}", n, from);
  say("Returning part2({}, '{}') == {}.", n, from, result);
  return result;
}

void chain(int n) {
  stopwatch watch;
  std::string const result = part2(n, part1(n));
  say("-->Chained result{} => {} (took {:.2f} seconds).", n, result, watch.seconds());
}

std::string play() {
  stopwatch watch;
  std::vector<coir::task<>> chains;
  for (int n : numbers) chains.push_back(coir::spawn(chain, n));
  coir::gather(chains);
  say("Program finished in {:.2f} seconds.", watch.seconds());
  return fmt::format("{} chains side by side, as long as the longest: {:.3f} s", numbers.size(),
                     watch.seconds());
}

}  // namespace

demo const chain_demo{.name = "chain",
                      .chapter = "Tasks",
                      .summary = "part 1 then part 2, several chains side by side",
                      .play = play,
                      .add_options = [](CLI::App& command) {
                        command.add_option("NUMBERS", numbers, "One chain for each (1 2 3)");
                      }};

}  // namespace demos
