// SPDX-License-Identifier: BSL-1.0
/// breakfast: the same kitchen five times, from one thing after the other to served when ready.
#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

// ---- the kitchen -----------------------------------------------------------------------------

void pour_coffee() {
  say("Pouring coffee");
  say("Coffee is ready");
}

void fry_eggs(int count) {
  say("Warming the egg pan...");
  coir::sleep_for(seconds(6));
  say("Cracking {} eggs", count);
  say("Cooking the eggs ...");
  coir::sleep_for(seconds(3));
  say("Putting eggs on plate");
}

void fry_bacon(int slices) {
  say("Putting {} slices of bacon in the pan", slices);
  say("Cooking first side of bacon...");
  coir::sleep_for(seconds(3));
  for (int slice = 0; slice < slices; ++slice) say("Flipping a slice of bacon");
  say("Cooking the second side of bacon...");
  coir::sleep_for(seconds(3));
  say("Putting bacon on plate");
}

void toast_bread(int slices) {
  for (int slice = 0; slice < slices; ++slice) say("Putting a slice of bread in the toaster");
  say("Start toasting...");
  coir::sleep_for(seconds(3));
  say("Remove toast from toaster");
}

void butter_and_jam() {
  say("Putting butter on the toast");
  say("Putting jam on the toast");
}

void make_toast() {
  toast_bread(2);
  butter_and_jam();
}

void pour_juice() {
  say("Pouring orange juice");
  say("Orange juice is ready");
}

// ---- five cooks ------------------------------------------------------------------------------

void one_after_the_other() {
  fry_eggs(2);
  say("Eggs are ready");
  fry_bacon(3);
  say("Bacon is ready");
  make_toast();
  say("Toast is ready");
}

/// Each dish is a task of its own, and is waited for before the next one begins: nothing is won.
void tasks_in_name_only() {
  coir::spawn(fry_eggs, 2).get();
  say("Eggs are ready");
  coir::spawn(fry_bacon, 3).get();
  say("Bacon is ready");
  coir::spawn(toast_bread, 2).get();
  butter_and_jam();
  say("Toast is ready");
}

/// Everything is begun first. The toast is ready long before anybody looks at it.
void begun_together() {
  auto eggs = coir::spawn(fry_eggs, 2);
  auto bacon = coir::spawn(fry_bacon, 3);
  auto toast = coir::spawn(toast_bread, 2);
  eggs.get();
  say("Eggs are ready");
  bacon.get();
  say("Bacon is ready");
  toast.get();
  butter_and_jam();
  say("Toast is ready");
}

/// Toasting, buttering and jam are one task now.
void recomposed() {
  coir::gather(coir::call(fry_eggs, 2), coir::call(fry_bacon, 3), make_toast);
  say("Eggs are ready");
  say("Bacon is ready");
  say("Toast is ready");
}

void served_when_ready() {
  constexpr std::array said{"Eggs are ready", "Bacon is ready", "Toast is ready"};
  auto dishes = coir::as_completed(coir::call(fry_eggs, 2), coir::call(fry_bacon, 3), make_toast);
  for (auto [index, dish] : dishes) {
    dish.get();
    say("{}", said[index]);
  }
}

struct {
  char const* how;
  void (*cook)();
} constexpr cooks[]{
    {"one after the other", one_after_the_other}, {"tasks in name only", tasks_in_name_only},
    {"begun together", begun_together},           {"recomposed", recomposed},
    {"served when ready", served_when_ready},
};

double breakfast(void (*cook)()) {
  stopwatch watch;
  pour_coffee();
  cook();
  pour_juice();
  say("Breakfast is ready!");
  say("Elapsed time: {:.2f}", watch.seconds());
  return watch.seconds();
}

std::string play() {
  std::string figures;
  for (auto const& [how, cook] : cooks) {
    say("-- {}", how);
    figures += fmt::format("{}{} {:.3f} s", figures.empty() ? "" : ", ", how, breakfast(cook));
  }
  return figures;
}

}  // namespace

demo const breakfast_demo{.name = "breakfast",
                          .chapter = "Tasks",
                          .summary = "eggs, bacon and toast: in 18 seconds, or in 9",
                          .play = play,
                          .on_processes = true};

}  // namespace demos
