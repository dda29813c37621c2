// SPDX-License-Identifier: BSL-1.0
/// chess: a champion against 24 opponents, one game after the other, and moving from table to table.
#include <CLI/CLI.hpp>
#include <mutex>
#include <vector>

#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

int opponents = 24;
int pairs = 30;
double champion_thinks = 5;
double opponent_thinks = 55;

void champion_moves() { coir::sleep_for(seconds(champion_thinks)); }
void opponent_moves() { coir::sleep_for(seconds(opponent_thinks)); }

double one_game_after_the_other() {
  stopwatch watch;
  for (int game = 0; game < opponents; ++game) {
    for (int pair = 0; pair < pairs; ++pair) {
      champion_moves();
      opponent_moves();
    }
  }
  return watch.seconds();
}

/// The champion goes from table to table and makes her move; the opponent thinks while she is elsewhere,
/// and must have moved when she comes again. Her time is up with her last move.
double from_table_to_table() {
  stopwatch watch;
  std::vector<coir::task<>> thinking(static_cast<std::size_t>(opponents));
  for (int pair = 0; pair < pairs; ++pair) {
    for (auto& opponent : thinking) {
      if (opponent.valid()) opponent.get();
      champion_moves();
      opponent = coir::spawn(opponent_moves);
    }
  }
  double const champion_is_free = watch.seconds();
  coir::gather(thinking);
  return champion_is_free;
}

std::string play() {
  double const one_by_one = one_game_after_the_other();
  say("One game after the other: {}", as_clock(one_by_one));
  double const at_once = from_table_to_table();
  say("From table to table: {}", as_clock(at_once));
  return fmt::format("{} games of {} move pairs: {} one after the other, {} from table to table",
                     opponents, pairs, as_clock(one_by_one), as_clock(at_once));
}

}  // namespace

demo const chess_demo{
    .name = "chess",
    .chapter = "Work",
    .summary = "24 games one after the other, or from table to table",
    .play = play,
    .on_processes = true,
    .unit = "100us",
    .add_options = [](CLI::App& command) {
      command.add_option("--opponents", opponents, "Games")
          ->check(CLI::Range(1, 100'000))
          ->capture_default_str();
      command.add_option("--pairs", pairs, "Move pairs of each game")
          ->check(CLI::Range(1, 100'000))
          ->capture_default_str();
      command.add_option("--champion", champion_thinks, "Seconds that the champion thinks")
          ->check(CLI::NonNegativeNumber)
          ->capture_default_str();
      command.add_option("--opponent", opponent_thinks, "Seconds that an opponent thinks")
          ->check(CLI::NonNegativeNumber)
          ->capture_default_str();
    }};

}  // namespace demos
