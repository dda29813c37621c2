// SPDX-License-Identifier: BSL-1.0
/// Turns the words of the command line into values, or says plainly why it cannot.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace demos::compare {

/// What the user typed cannot be done as typed; what() says why and what to do instead.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The most tasks that a cell may have: their records alone would fill a machine beyond it.
inline constexpr std::uint64_t most_tasks = 1'000'000;

/// "a,b,c" as its parts; empty parts are kept, for whoever reads them to complain about.
std::vector<std::string> split(std::string_view list);

/// The valid name most like `typed`, or nothing if none is like it.
std::string_view nearest(std::string_view typed, std::span<std::string_view const> valid);

/// Throws usage_error about `typed`, naming the nearest valid name and all of them.
[[noreturn]] void unknown(std::string_view kind, std::string_view typed,
                          std::span<std::string_view const> valid);

/// Checks names against the valid ones and drops repeated ones.
std::vector<std::string_view> parse_names(std::string_view kind,
                                          std::vector<std::string> const& typed,
                                          std::span<std::string_view const> valid);

/// "10,100" as numbers from 1 to most_tasks, repeated ones dropped.
std::vector<std::uint64_t> parse_tasks(std::string_view list);

/// A whole number from 1 to 1,000.
std::size_t parse_repeat(std::string_view typed);

/// Seconds, from 0.1 to 3600.
double parse_limit(std::string_view typed);

}  // namespace demos::compare
