// SPDX-License-Identifier: BSL-1.0
/// sum: a call that waits inside a call that waits; neither is marked in any way.
#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

int compute(int x, int y) {
  coir::sleep_for(seconds(1));
  return x + y;
}

void print_sum(int x, int y) {
  int const result = compute(x, y);
  say("Compute... {} + {} = {}", x, y, result);
}

std::string play() {
  stopwatch watch;
  print_sum(1, 2);
  return fmt::format("one call inside the other, one second: {:.3f} s", watch.seconds());
}

}  // namespace

demo const sum_demo{.name = "sum",
                    .chapter = "First steps",
                    .summary = "a call that waits inside a call that waits",
                    .play = play,
                    .on_processes = true};

}  // namespace demos
