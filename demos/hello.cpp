// SPDX-License-Identifier: BSL-1.0
/// hello: two greeters, told in seven ways, from plain calls to a task that waits for another.
#include <thread>

#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

/// The thread sleeps, and with it every fiber that it runs.
void block(double delay) { std::this_thread::sleep_for(seconds(delay)); }

void hello() {
  coir::sleep_for(seconds(0.5));
  say("Hello");
}

void world() {
  coir::sleep_for(seconds(0.1));
  say("World");
}

double as_calls() {
  stopwatch watch;
  hello();
  world();
  return watch.seconds();
}

/// A generator stands still in its yield, until somebody resumes it.
void by_hand() {
  coir::generator<int> hello([](auto& yield) {
    say("Hello");
    yield(0);
  });
  coir::generator<int> world([](auto& yield) {
    say("World");
    yield(0);
  });
  hello.next();
  world.next();
}

/// Tasks in name only: who blocks lets nobody else run. (On threads they block one thread each.)
double as_tasks_that_block() {
  stopwatch watch;
  coir::gather(
      [] {
        block(0.5);
        say("Hello");
      },
      [] {
        block(0.1);
        say("World");
      });
  return watch.seconds();
}

double as_tasks_that_sleep() {
  stopwatch watch;
  coir::gather(hello, world);
  return watch.seconds();
}

void one_only_yields() {
  coir::gather(
      [] {
        coir::yield();
        say("Hello");
      },
      [] { say("World"); });
}

void three_at_once() {
  auto const greet = [] {
    say("Hello");
    coir::sleep_for(seconds(1));
    say("world!");
  };
  coir::gather(greet, greet, greet);
}

double one_waits_for_another() {
  stopwatch watch;
  auto greeting = coir::spawn([] {
    auto name = coir::spawn([] {
      coir::sleep_for(seconds(0.5));
      return std::string("World");
    });
    return "Hello " + name.get();
  });
  say("{}", greeting.get());
  return watch.seconds();
}

std::string play() {
  double const calls = as_calls();
  by_hand();
  double const blocking = as_tasks_that_block();
  double const sleeping = as_tasks_that_sleep();
  one_only_yields();
  three_at_once();
  double const waiting = one_waits_for_another();
  return fmt::format(
      "as calls {:.3f} s, as tasks that block {:.3f} s, as tasks that sleep {:.3f} s, one for the "
      "other {:.3f} s",
      calls, blocking, sleeping, waiting);
}

}  // namespace

demo const hello_demo{.name = "hello",
                      .chapter = "First steps",
                      .summary = "Hello and World: calls, generators, tasks that block, that sleep",
                      .play = play,
                      .in_virtual_time = false};

}  // namespace demos
