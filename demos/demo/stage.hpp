// SPDX-License-Identifier: BSL-1.0
/// What a demo's program has beside coir: a tutorial's second, a line of output, a stopwatch.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <coir/coir.hpp>
#include <string_view>

namespace demos {

/// How a demo is played. Set by the command before anything runs.
struct stage {
  std::chrono::nanoseconds unit = std::chrono::milliseconds(100);  // one second of the tutorial
  bool in_virtual_time = false;
};
stage& the_stage();

/// `count` seconds of the tutorial.
std::chrono::nanoseconds seconds(double count);

/// Prints one line, whole, whoever else prints.
void print_line(std::string_view line);

/// Python's print, with {fmt}'s placeholders.
template <class... Values>
void say(fmt::format_string<Values...> text, Values&&... values) {
  print_line(fmt::format(text, std::forward<Values>(values)...));
}

/// Counts the tutorial's seconds from its making, by the run's clock.
class stopwatch {
 public:
  [[nodiscard]] double seconds() const;

 private:
  coir::time_point began_ = coir::now();
};

/// 43200 as "12:00:00".
std::string as_clock(double seconds);

/// Whether standard output is to be coloured: a terminal, and no NO_COLOR.
bool in_colour();

}  // namespace demos
