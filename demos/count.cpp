// SPDX-License-Identifier: BSL-1.0
/// count: three counts at once. While one sleeps, the others go on.
#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

void count() {
  say("One");
  coir::sleep_for(seconds(1));
  say("Two");
}

std::string play() {
  stopwatch watch;
  coir::gather(count, count, count);
  return fmt::format("three tasks, one second each: {:.3f} s", watch.seconds());
}

}  // namespace

demo const count_demo{.name = "count",
                      .chapter = "First steps",
                      .summary = "three counts at once, in the time of one",
                      .play = play,
                      .on_processes = true};

}  // namespace demos
