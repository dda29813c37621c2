// SPDX-License-Identifier: BSL-1.0
/// task: a task's life: pending, cancelled, done; its name, its result, its failure, its callbacks.
#include <exception>
#include <vector>

#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

std::string message_of(std::exception_ptr error) {
  try {
    std::rethrow_exception(std::move(error));
  } catch (std::exception const& thrown) {
    return thrown.what();
  }
}

/// A task as a line: <Task finished name='greeting' result='Hello'>.
template <class R>
std::string printed(coir::task<R>& task) {
  if (!task.done()) return fmt::format("<Task pending name='{}'>", task.name());
  if (task.cancelled()) return fmt::format("<Task cancelled name='{}'>", task.name());
  if (auto error = task.exception())
    return fmt::format("<Task finished name='{}' exception='{}'>", task.name(), message_of(error));
  return fmt::format("<Task finished name='{}' result='{}'>", task.name(), task.get());
}

std::string greet(double delay, std::string what) {
  coir::sleep_for(seconds(delay));
  return what;
}

int divide(int number, int by) {
  coir::yield();
  if (by == 0) throw std::domain_error("division by zero");
  return number / by;
}

void lives_to_the_end() {
  auto task = coir::spawn({.name = "greeting"}, greet, 1, "Hello");
  say("{}", printed(task));
  say("result: {}", task.get());
  say("{}", printed(task));
  say("cancel after the end: {}", task.cancel());
}

void is_cancelled() {
  auto task = coir::spawn(greet, 1, "World");
  say("{}", printed(task));  // the name it has got by itself
  task.set_name("named later");
  say("{}", printed(task));
  task.cancel();
  task.join();
  say("{}", printed(task));
}

/// The limit ends the task; the timeout is the waiter's exception, the task itself is cancelled.
void is_too_slow() {
  auto task = coir::spawn({.name = "limited"}, [] {
    coir::timeout(seconds(1), [] { coir::sleep_for(seconds(10)); });
    return std::string();
  });
  task.join();
  say("{}", printed(task));
}

void is_first() {
  std::vector<coir::task<std::string>> tasks;
  tasks.push_back(coir::spawn({.name = "Hello"}, greet, 2, "Hello"));
  tasks.push_back(coir::spawn({.name = "World"}, greet, 1, "World"));
  auto const [done, pending] = coir::wait(tasks, coir::return_when::first_completed);
  say("done={{{}}} pending={{{}}}", tasks[done.front()].name(), tasks[pending.front()].name());
}

void fails() {
  auto asked = coir::spawn({.name = "asked"}, divide, 1, 0);
  try {
    asked.get();
  } catch (std::domain_error const& error) {
    say("caught: {}", error.what());
  }
  say("{}", printed(asked));
}

/// Nobody asks this one: its error goes to the handler for such, once, when nobody is left who could.
void fails_unseen() {
  coir::event told;
  auto const usual =
      coir::set_unhandled_exception_handler([&](std::string const& who, std::exception_ptr error) {
        say("nobody asked {}: {}", who, message_of(std::move(error)));
        told.set();
      });
  coir::spawn({.name = "unasked"}, divide, 1, 0).join();
  told.wait();
  coir::set_unhandled_exception_handler(usual);
}

void calls_back() {
  auto task = coir::spawn({.name = "called"}, greet, 1, "Hello World!");
  task.on_done([&task] { say("called back: {}", printed(task)); });
  task.join();
}

void several_in_order() {
  std::vector<coir::task<std::string>> tasks;
  for (auto const* each : {"one", "two", "three"})
    tasks.push_back(coir::spawn(greet, static_cast<double>(4 - tasks.size()), each));
  for (auto& each : tasks) say("{}", each.get());
}

std::string play() {
  stopwatch watch;
  lives_to_the_end();
  is_cancelled();
  is_too_slow();
  is_first();
  fails();
  fails_unseen();
  calls_back();
  several_in_order();
  return fmt::format("pending, cancelled, finished, failed, called back: {:.3f} s",
                     watch.seconds());
}

}  // namespace

demo const task_demo{.name = "task",
                     .chapter = "Tasks",
                     .summary = "a task's life: states, names, results, failures, callbacks",
                     .play = play,
                     .on_serial = false,
                     .on_processes = true};

}  // namespace demos
