// SPDX-License-Identifier: BSL-1.0
/// round_robin: a scheduler in ten lines over two generators; then the library's own.
#include <deque>

#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

/// Prints 0 to 4, and lets the others run after each. `let_others_run` is all that differs.
void count_up(auto& let_others_run) {
  for (int i = 0; i < 5; ++i) {
    say("{}", i);
    let_others_run();
  }
}

/// Has its turn as often as the counter, and says Go! each third time.
void say_go(auto& let_others_run) {
  for (int turn = 1; turn < 5; ++turn) {
    if (turn % 3 == 0) say("Go!");
    let_others_run();
  }
}

/// Generators that hand out nothing of interest: each yield is the end of a turn.
using coroutine = coir::generator<bool>;

/// Each has its turn until its next yield; who is not done goes to the end of the line.
void run_in_turn(std::deque<coroutine> line) {
  while (!line.empty()) {
    coroutine next = std::move(line.front());
    line.pop_front();
    if (next.next()) line.push_back(std::move(next));
  }
}

void with_generators() {
  std::deque<coroutine> both;
  both.emplace_back([](auto& yield) {
    auto end_turn = [&] { yield(true); };
    count_up(end_turn);
  });
  both.emplace_back([](auto& yield) {
    auto end_turn = [&] { yield(true); };
    say_go(end_turn);
  });
  run_in_turn(std::move(both));
}

void with_tasks() {
  coir::gather([] { count_up(coir::yield); }, [] { say_go(coir::yield); });
}

std::string play() {
  with_generators();
  with_tasks();
  return "twice the same turns: a scheduler of ten lines, and coir's";
}

}  // namespace

demo const round_robin_demo{.name = "round_robin",
                            .chapter = "First steps",
                            .summary = "a scheduler in ten lines over generators, and with tasks",
                            .play = play};

}  // namespace demos
