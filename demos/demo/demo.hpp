// SPDX-License-Identifier: BSL-1.0
/// One demo: a tutorial's program, told with coir.
#pragma once

#include <coir/coir.hpp>
#include <span>
#include <string>
#include <string_view>

// Whole, it takes seconds to compile: only demos that have options include it.
namespace CLI {
class App;
}

namespace demos {

/// A program of a tutorial. Its file holds the program and, last, this.
struct demo {
  std::string_view name;
  std::string_view chapter;  // what it teaches, with the others of that chapter
  std::string_view summary;  // one line

  /// Plays it, as the main task of a run. Returns what was to be seen, with its measured figures.
  std::string (*play)();

  bool on_serial = true;      // whether it makes sense where tasks run one after the other
  bool on_processes = false;  // whether its tasks share nothing
  bool runs_itself =
      false;  // whether play() is no task but makes runs of its own, to compare models
  bool in_virtual_time = true;  // whether all its time is waiting
  bool blocks =
      false;  // whether it blocks threads, where no cancel gets in: Ctrl-C just ends the program
  std::string_view unit = "100ms";  // how long a second of the tutorial is played by default
  void (*add_options)(CLI::App& command) = nullptr;    // the numbers that its tutorial chose
  void (*tune)(coir::run_options& options) = nullptr;  // what it wants of its run
};

/// All demos, in the order in which the tutorials teach.
std::span<demo const* const> all_demos();

// One file each.
extern demo const hello_demo;
extern demo const round_robin_demo;
extern demo const generators_demo;
extern demo const sum_demo;
extern demo const rocket_demo;
extern demo const count_demo;
extern demo const say_after_demo;
extern demo const task_demo;
extern demo const breakfast_demo;
extern demo const squares_demo;
extern demo const factorials_demo;
extern demo const users_demo;
extern demo const first_of_demo;
extern demo const chain_demo;
extern demo const random_demo;
extern demo const too_slow_demo;
extern demo const shield_demo;
extern demo const lock_demo;
extern demo const producers_demo;
extern demo const pipeline_demo;
extern demo const requests_demo;
extern demo const chess_demo;
extern demo const books_demo;
extern demo const blocking_demo;

/// The text of the file in which a demo stands.
std::string_view source_of(demo const& what);

}  // namespace demos
