// SPDX-License-Identifier: BSL-1.0
/// rocket: counts 1 2 3 Go!, a second between.
#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

void count_up() {
  for (int i = 1; i <= 3; ++i) {
    say("{}", i);
    coir::sleep_for(seconds(1));
  }
  say("Go!");
}

std::string play() {
  stopwatch watch;
  coir::spawn(count_up).get();
  return fmt::format("three seconds from 1 to Go!: {:.3f} s", watch.seconds());
}

}  // namespace

demo const rocket_demo{.name = "rocket",
                       .chapter = "First steps",
                       .summary = "counts 1 2 3 Go! with a second between",
                       .play = play,
                       .on_processes = true};

}  // namespace demos
