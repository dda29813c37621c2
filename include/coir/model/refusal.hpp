// SPDX-License-Identifier: BSL-1.0
/// Why something cannot be carried into another process, as data and in words.

#pragma once

#include <cstdint>
#include <string>
#include <typeinfo>

#include <coir/base/config.hpp>

namespace coir::detail {

/// Why a call or a value cannot be carried.
enum class obstacle : unsigned char {
  none,            // it can
  shares_memory,   // the call refers to who has made it
  holds_state,     // the function has captured something
  refers,          // the value means something in one process only
  reference,       // so does the result, which is a reference
  not_made,        // it is unpacked into a value that cannot be made first
  derived,         // it may be of a type that is derived from this one
  not_serialised,  // nobody has said how
};

/// The same, and of which type.
struct hindrance {
  obstacle why = obstacle::none;
  std::type_info const* type = nullptr;
};

/// Why a call is not carried. It is data, so that a program of many calls takes no longer to compile for
/// it.
struct refusal {
  static constexpr std::uint8_t of_function = 0;
  static constexpr std::uint8_t of_result = 255;

  hindrance found;
  std::uint8_t place = 0;                // which argument, from 1 on; or one of the above
  std::type_info const* type = nullptr;  // the argument's; the hindrance may be of a part of it
};

/// In words: which argument, and what to do.
COIR_EXPORT std::string to_string(refusal const& reason);

}  // namespace coir::detail
