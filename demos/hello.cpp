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
/// On fibers a warning names the one that has blocked for long: see slow_step below.
double as_tasks_that_block() {
  stopwatch watch;
  auto first = coir::spawn({.name = "hello"}, [] {
    block(0.5);
    say("Hello");
  });
  auto second = coir::spawn({.name = "world"}, [] {
    block(0.1);
    say("World");
  });
  coir::gather(first, second);
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

demo const hello_demo{
    .name = "hello",
    .chapter = "First steps",
    .summary = "Hello and World: calls, generators, tasks that block, that sleep",
    .play = play,
    .on_processes = true,
    .in_virtual_time = false,
    .blocks = true,
    .tune = [](coir::run_options& options) {
      if (options.model == coir::model::fibers || options.model == coir::model::boost_fibers)
        options.slow_step = seconds(0.4);
    }};

}  // namespace demos
