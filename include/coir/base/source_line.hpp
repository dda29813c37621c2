// SPDX-License-Identifier: BSL-1.0
/// A line of source code.

#pragma once

namespace coir {

/// Where something was written: as a default argument, at the call; as a default of a member, where the
/// object is made. (Not std::source_location: clang 14 has none.)
struct source_line {
  char const* file = nullptr;  ///< null: not known
  unsigned line = 0;

  static constexpr source_line here(char const* file = __builtin_FILE(),
                                    unsigned line = __builtin_LINE()) noexcept {
    return {file, line};
  }
};

}  // namespace coir
