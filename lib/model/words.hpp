// SPDX-License-Identifier: BSL-1.0
/// Times and places for people.

#pragma once

#include <chrono>
#include <string>

#include <coir/wait/task_notes.hpp>

namespace coir::detail {

/// "153 ms", "1.25 s", "90 min": three digits or so.
std::string in_words(std::chrono::nanoseconds time);

/// "main.cpp:42", or "program+0x1234"; empty if neither is known.
std::string spawned_at(task_notes const& notes);

}  // namespace coir::detail
