// SPDX-License-Identifier: BSL-1.0
/// squares: five slow squares in a row, as five tasks, and mapped over a range. On processes a task is a process.
#include <fmt/ranges.h>

#include <vector>

#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

int square(int number) {
  coir::sleep_for(seconds(1));
  return number * number;
}

double in_a_row() {
  stopwatch watch;
  for (int number = 1; number <= 5; ++number) say("{}", square(number));
  return watch.seconds();
}

void say_square(int number) { say("{}", square(number)); }

double as_tasks() {
  stopwatch watch;
  coir::group([](coir::task_group& group) {
    for (int number = 1; number <= 5; ++number) group.spawn(say_square, number);
  });
  return watch.seconds();
}

double mapped() {
  stopwatch watch;
  std::vector<coir::task<int>> tasks;
  for (int number = 1; number <= 5; ++number) tasks.push_back(coir::spawn(square, number));
  say("{}", coir::gather(tasks));
  return watch.seconds();
}

std::string play() {
  double const serial = in_a_row();
  double const tasks = as_tasks();
  double const map = mapped();
  return fmt::format(
      "five squares of a second each: in a row {:.3f} s, as tasks {:.3f} s, mapped {:.3f} s",
      serial, tasks, map);
}

}  // namespace

demo const squares_demo{.name = "squares",
                        .chapter = "Tasks",
                        .summary = "five slow squares: in a row, as tasks, mapped",
                        .play = play,
                        .on_processes = true};

}  // namespace demos
