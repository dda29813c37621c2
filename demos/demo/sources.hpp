// SPDX-License-Identifier: BSL-1.0
/// The text of every demo's file, put into the command when it is built (embed.py).
#pragma once

#include <span>
#include <string_view>

namespace demos {

struct source {
  std::string_view name;  // the demo's
  std::string_view text;
};

std::span<source const> all_sources();

}  // namespace demos
