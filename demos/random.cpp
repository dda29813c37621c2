// SPDX-License-Identifier: BSL-1.0
/// random: three tasks draw numbers until they like one, each with its own patience and colour.
#include "demo/demo.hpp"
#include "demo/python_random.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

constexpr std::array colours{"\033[36m", "\033[91m", "\033[35m"};  // cyan, bright red, magenta

template <class... Values>
void say_in_colour(int index, fmt::format_string<Values...> text, Values&&... values) {
  bool const coloured = in_colour();
  say("{}{}{}", coloured ? colours[static_cast<std::size_t>(index)] : "",
      fmt::format(text, std::forward<Values>(values)...), coloured ? "\033[0m" : "");
}

int make_random(int index, int threshold) {
  say_in_colour(index, "Initiated makerandom({}).", index);
  int drawn = random_between(0, 10);
  while (drawn <= threshold) {
    say_in_colour(index, "makerandom({}) == {} too low; retrying.", index, drawn);
    coir::sleep_for(seconds(index + 1));
    drawn = random_between(0, 10);
  }
  say_in_colour(index, "---> Finished: makerandom({}) == {}", index, drawn);
  return drawn;
}

std::string play() {
  stopwatch watch;
  auto const [r1, r2, r3] = coir::gather(
      coir::call(make_random, 0, 9), coir::call(make_random, 1, 8), coir::call(make_random, 2, 7));
  say("");
  say("r1: {}, r2: {}, r3: {}", r1, r2, r3);
  return fmt::format("three tasks that retry at their own pace: {:.3f} s", watch.seconds());
}

}  // namespace

demo const random_demo{.name = "random",
                       .chapter = "Tasks",
                       .summary = "three tasks draw until they are above 9, 8 and 7",
                       .play = play};

}  // namespace demos
