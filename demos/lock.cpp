// SPDX-License-Identifier: BSL-1.0
/// lock: a shared counter, read before a wait and written after it, and what keeps it right.
#include <CLI/CLI.hpp>
#include <mutex>

#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

int tasks = 10;
int rounds = 10;

struct counter {
  coir::mutex mutex;
  int value = 0;

  /// Between reading and writing the others get a turn: unprotected, updates would be lost.
  void increase() {
    int const read = value;
    coir::yield();
    value = read + 1;
  }
};

void lock_by_hand(counter& shared) {
  shared.mutex.lock();
  shared.increase();
  shared.mutex.unlock();
}

void lock_by_scope(counter& shared) {
  std::scoped_lock lock(shared.mutex);
  shared.increase();
}

int count_with(void (*increase)(counter&)) {
  counter shared;
  coir::group([&](coir::task_group& group) {
    for (int task = 0; task < tasks; ++task) {
      group.spawn([&] {
        for (int round = 0; round < rounds; ++round) increase(shared);
      });
    }
  });
  return shared.value;
}

std::string play() {
  int const by_hand = count_with(lock_by_hand);
  say("locked and unlocked by hand: {}", by_hand);
  int const by_scope = count_with(lock_by_scope);
  say("locked by std::scoped_lock: {}", by_scope);
  return fmt::format("{} tasks with {} updates each, none lost: {} and {}", tasks, rounds, by_hand,
                     by_scope);
}

}  // namespace

demo const lock_demo{.name = "lock",
                     .chapter = "Sharing",
                     .summary = "a shared counter, locked by hand and by std::scoped_lock",
                     .play = play,
                     .add_options = [](CLI::App& command) {
                       command.add_option("--tasks", tasks, "Tasks that count")
                           ->check(CLI::Range(1, 10'000))
                           ->capture_default_str();
                       command.add_option("--rounds", rounds, "Updates of each")
                           ->check(CLI::Range(1, 10'000))
                           ->capture_default_str();
                     }};

}  // namespace demos
