// SPDX-License-Identifier: BSL-1.0
/// generators: an eager range and a lazy one, jumps by send(), delegation, and bodies that sleep.
#include <optional>
#include <vector>

#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

std::vector<int> eager_range(int up_to) {
  std::vector<int> all;
  for (int i = 0; i < up_to; ++i) all.push_back(i);
  return all;
}

coir::generator<int> lazy_range(int up_to) {
  return coir::generator<int>([up_to](auto& yield) {
    for (int i = 0; i < up_to; ++i) yield(i);
  });
}

/// What yield() returns is what was sent; nothing, if the next value was just asked for.
using jumping = coir::generator<int, std::optional<int>>;
jumping jumping_range(int up_to) {
  return jumping([up_to](auto& yield) {
    for (int i = 0; i < up_to;) i += yield(i).value_or(1);
  });
}

/// Three storeys: a body hands its yield on to what it calls, and what is sent comes back through all.
int bottom(coir::yielder<int, int>& yield) { return yield(42); }
int middle(coir::yielder<int, int>& yield) { return bottom(yield); }
int top(coir::yielder<int, int>& yield) { return middle(yield); }

/// The task that asks for the next value sleeps.
coir::generator<int> ticker(int up_to) {
  return coir::generator<int>([up_to](auto& yield) {
    for (int i = 0; i < up_to; ++i) {
      yield(i);
      coir::sleep_for(seconds(1));
    }
  });
}

template <class Range>
void say_all(Range&& numbers) {
  std::string line;
  for (int each : numbers) line += fmt::format("{}{}", line.empty() ? "" : " ", each);
  say("{}", line);
}

void ranges() {
  say_all(eager_range(5));
  say_all(lazy_range(5));
  jumping range = jumping_range(5);
  for (std::optional<int> jump : {std::optional<int>(), {2}, {}, {-1}})
    say("{}", jump ? *range.send(jump) : *range.next());
}

void storeys() {
  int result = 0;
  coir::generator<int, int> delegating([&](auto& yield) { result = top(yield); });
  int const value = *delegating.next();
  say("{}", value);
  delegating.send(2 * value);
  say("{}", result);
}

double ticks() {
  stopwatch watch;
  for (int each : ticker(3)) say("{}", each);
  return watch.seconds();
}

void count_down(std::string const& name, int from) {
  for (int each : ticker(from)) say("{} {}", name, from - each);
}

double side_by_side() {
  stopwatch watch;
  coir::gather(coir::call(count_down, "A", 2), coir::call(count_down, "B", 3));
  return watch.seconds();
}

std::string play() {
  ranges();
  storeys();
  double const ticked = ticks();
  double const counted = side_by_side();
  return fmt::format("three ticks {:.3f} s, two countdowns side by side {:.3f} s", ticked, counted);
}

}  // namespace

demo const generators_demo{.name = "generators",
                           .chapter = "First steps",
                           .summary = "lazy values, jumps by send(), delegation, bodies that sleep",
                           .play = play,
                           .on_processes = true};

}  // namespace demos
