// SPDX-License-Identifier: BSL-1.0
/// factorials: three computations step by step side by side, then four as they complete.
#include <vector>

#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

long factorial(std::string name, int number) {
  long product = 1;
  for (int factor = 2; factor <= number; ++factor) {
    say("Task {}: Compute factorial({})...", name, factor);
    coir::sleep_for(seconds(1));
    product *= factor;
  }
  say("Task {}: factorial({}) = {}", name, number, product);
  return product;
}

long quiet_factorial(int number) {
  long product = 1;
  for (int factor = 2; factor <= number; ++factor) {
    coir::sleep_for(seconds(1));
    product *= factor;
  }
  return product;
}

std::string play() {
  stopwatch first;
  coir::gather(coir::call(factorial, "A", 2), coir::call(factorial, "B", 3),
               coir::call(factorial, "C", 4));
  double const together = first.seconds();

  stopwatch second;
  constexpr std::array numbers{4, 3, 5, 2};
  std::vector<coir::task<long>> tasks;
  for (int number : numbers) tasks.push_back(coir::spawn(quiet_factorial, number));
  for (auto [index, task] : coir::as_completed(tasks))
    say("Factorial({}) = {}", numbers[index], task.get());

  return fmt::format("2, 3 and 4 side by side {:.3f} s; 4, 3, 5 and 2 as completed {:.3f} s",
                     together, second.seconds());
}

}  // namespace

demo const factorials_demo{.name = "factorials",
                           .chapter = "Tasks",
                           .summary = "step by step side by side, then in order of completion",
                           .play = play,
                           .on_processes = true};

}  // namespace demos
