// SPDX-License-Identifier: BSL-1.0
/// Bars out of block elements.
#include "bar.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace demos::compare {

std::string bar(double part, std::size_t width) {
  constexpr std::array<std::string_view, 8> eighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  auto const length = std::clamp(part, 0.0, 1.0) * static_cast<double>(width) * 8;
  auto const steps = std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(length)));
  std::string drawn;
  for (std::size_t i = 0; i < steps / 8; ++i) drawn += "█";
  drawn += eighths[steps % 8];
  return drawn;
}

std::string endless_bar(std::size_t width) {
  std::string drawn;
  for (std::size_t i = 0; i + 1 < width; ++i) drawn += "░";
  return drawn + "▶";
}

}  // namespace demos::compare
