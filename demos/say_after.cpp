// SPDX-License-Identifier: BSL-1.0
/// say_after: two greetings, one after the other, side by side, and one that nobody waits for.
#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

void say_after(double delay, std::string what) {
  coir::sleep_for(seconds(delay));
  say("{}", what);
}

double in_turn() {
  stopwatch watch;
  say_after(1, "hello");
  say_after(2, "world");
  return watch.seconds();
}

double side_by_side() {
  stopwatch watch;
  auto hello = coir::spawn(say_after, 1, "hello");
  auto world = coir::spawn(say_after, 2, "world");
  hello.get();
  world.get();
  return watch.seconds();
}

/// A handle owns its task: at the end of the block it cancels the task, and waits until that has ended.
/// (In asyncio the task would go on for as long as its loop does, or vanish with it.)
double left_behind() {
  stopwatch watch;
  {
    auto hello = coir::spawn(say_after, 1, "hello");
    auto world = coir::spawn(say_after, 2, "world");
    hello.get();
  }
  say("(world was left behind: its handle has cancelled it)");
  return watch.seconds();
}

std::string play() {
  double const one_by_one = in_turn();
  double const together = side_by_side();
  double const left = left_behind();
  return fmt::format("in turn {:.3f} s, side by side {:.3f} s, the second left behind {:.3f} s",
                     one_by_one, together, left);
}

}  // namespace

demo const say_after_demo{
    .name = "say_after",
    .chapter = "First steps",
    .summary = "hello after 1, world after 2: in turn, side by side, left behind",
    .play = play,
    .on_processes = true};

}  // namespace demos
