// SPDX-License-Identifier: BSL-1.0
/// Terminal or not, wide or narrow, coloured or plain.
#include "terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace demos::compare {
namespace {

std::size_t width_of(int terminal, std::size_t otherwise) {
  winsize size{};
  if (::ioctl(terminal, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return otherwise;
  return std::clamp<std::size_t>(size.ws_col, 40, 140);
}

bool colours_wanted() {
  auto const* const refused = std::getenv("NO_COLOR");
  auto const* const terminal = std::getenv("TERM");
  return (refused == nullptr || *refused == '\0') && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

std::string_view code_of(colour how) {
  switch (how) {
    case colour::plain: return "";
    case colour::bold: return "1";
    case colour::dim: return "2";
    case colour::grey: return "90";
    case colour::green: return "32";
    case colour::blue: return "34";
    case colour::magenta: return "35";
    case colour::yellow: return "33";
    case colour::red: return "31";
  }
  return "";
}

// Characters, not bytes: those of UTF-8 that continue one are not counted.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

screen screen::of_stdout() {
  screen made;
  if (::isatty(STDOUT_FILENO) == 0) return made;
  made.colours_ = colours_wanted();
  made.width_ = width_of(STDOUT_FILENO, 80);
  return made;
}

std::string screen::paint(colour how, std::string_view text) const {
  if (!colours_ || how == colour::plain || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(how), text);
}

progress::progress() : on_(::isatty(STDERR_FILENO) != 0), width_(width_of(STDERR_FILENO, 80)) {}

void progress::show(std::string_view text) {
  if (!on_) return;
  auto const shown = text.substr(0, width_ - 1);  // a full line would scroll
  auto const length = length_of(shown);
  auto const rest = shown_ > length ? shown_ - length : 0;
  fmt::print(stderr, "\r{}{:{}}", shown, "", rest);
  std::fflush(stderr);
  shown_ = length;
}

void progress::clear() {
  if (shown_ == 0) return;
  fmt::print(stderr, "\r{:{}}\r", "", shown_);
  std::fflush(stderr);
  shown_ = 0;
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent,
                    std::size_t used) {
  std::string lines;
  bool fresh = true;  // nothing on this line yet
  while (!text.empty()) {
    auto const word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    auto const length = length_of(word);
    if (!fresh && used + 1 + length > width) {
      lines += '\n' + std::string(indent, ' ');
      used = indent;
      fresh = true;
    }
    if (!fresh) lines += ' ';
    lines += word;
    used += length + (fresh ? 0 : 1);
    fresh = false;
  }
  return lines;
}

}  // namespace demos::compare
