// SPDX-License-Identifier: BSL-1.0
/// Where output goes: its width, its colours, and a line of progress that leaves no trace.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace demos::compare {

enum class colour { plain, bold, dim, grey, green, blue, magenta, yellow, red };

/// What standard output can show. Nothing but text if it is no terminal or NO_COLOR is set.
class screen {
 public:
  static screen of_stdout();

  std::size_t width() const { return width_; }
  /// The text in that colour, or just the text.
  std::string paint(colour how, std::string_view text) const;

 private:
  bool colours_ = false;
  std::size_t width_ = 100;
};

/// One line on standard error that tells what goes on; silent if that is no terminal. Uses no
/// escape codes, only a carriage return.
class progress {
 public:
  progress();
  progress(progress const&) = delete;
  progress& operator=(progress const&) = delete;
  ~progress() { clear(); }

  void show(std::string_view text);
  void clear();

 private:
  bool on_;
  std::size_t width_ = 80;
  std::size_t shown_ = 0;  // characters on the line now
};

/// Breaks a text at spaces so that no line is longer than `width`, if words allow. Lines after the
/// first start with `indent` spaces, and the first has `used` characters before it.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent, std::size_t used);

}  // namespace demos::compare
