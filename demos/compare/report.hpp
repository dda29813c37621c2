// SPDX-License-Identifier: BSL-1.0
/// The JSON file: every repetition's raw figures, and the machine they were taken on.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "comparison.hpp"
#include "figures.hpp"

namespace demos::compare {

/// Collects figures and writes them at the end, in one go, over what the file held before.
class report {
 public:
  /// Opens the file, if one was asked for, and leaves its content alone.
  ///   Throws: usage_error if it cannot be written.
  explicit report(wishes const& asked);
  ~report();

  void add_books(std::span<book const> shelf);
  void add(workload const& what, std::string_view model, std::uint64_t tasks, std::size_t round,
           repetition const& result);
  /// Notes that nothing is missing.
  void finish();

  /// Writes all that was added. If the file takes no more, says so and writes to standard output
  /// instead, for figures are not lost for want of a disk; false then.
  bool write();

 private:
  struct parts;
  std::unique_ptr<parts> parts_;  // keeps the JSON library out of this header
};

}  // namespace demos::compare
