// SPDX-License-Identifier: BSL-1.0
/// Operations that must not cost more, each, the more of them there are.
#pragma once

#include <chrono>
#include <coir/coir.hpp>
#include <random>
#include <string_view>

namespace demos::bench {

/// Times its own life.
class stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// Each does something `n` times, and returns the seconds that it took.

inline double spawn_and_join(long n) {
  stopwatch const watch;
  coir::group([&](coir::task_group& tasks) {
    for (long i = 0; i < n; ++i) tasks.spawn([] {});
  });
  return watch.seconds();
}

inline double wake(long n) {
  coir::event gate;
  stopwatch watch;
  coir::group([&](coir::task_group& tasks) {
    for (long i = 0; i < n; ++i) tasks.spawn([&] { gate.wait(); });
    coir::yield();
    watch = {};
    gate.set();
  });
  return watch.seconds();
}

inline double cancel(long n) {
  stopwatch watch;
  coir::group([&](coir::task_group& tasks) {
    for (long i = 0; i < n; ++i) tasks.spawn([] { coir::event().wait(); });
    coir::yield();
    watch = {};
    tasks.cancel();
  });
  return watch.seconds();
}

// Deadlines at random times, set and met.
inline double sleep(long n) {
  std::minstd_rand random(7);
  stopwatch const watch;
  coir::group([&](coir::task_group& tasks) {
    for (long i = 0; i < n; ++i) {
      std::chrono::microseconds const nap(random());
      tasks.spawn([nap] { coir::sleep_for(nap); });
    }
  });
  return watch.seconds();
}

struct growing {
  std::string_view name;
  std::string_view what;
  double (*pass)(long n);
};

inline constexpr growing growing_operations[] = {
    {"spawn", "spawn and join", spawn_and_join},
    {"wake", "wake from one event", wake},
    {"cancel", "cancel of a parked task", cancel},
    {"sleep", "spawn, sleep, join", sleep},
};

/// The seconds of a pass over `n` in a run that has made one before: the stacks exist. In virtual
/// time, so that nobody waits for a deadline.
inline double second_pass(growing const& operation, long n) {
  coir::virtual_clock clock;
  return coir::run({.clock = &clock}, [&] {
    operation.pass(n);
    return operation.pass(n);
  });
}

}  // namespace demos::bench
