// SPDX-License-Identifier: BSL-1.0
/// Lays out a sheet: heading, one block of rows per number of tasks, the sentence at the end.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "figures.hpp"
#include "terminal.hpp"

namespace demos::compare {

/// Makes the text of one workload's table, piece by piece, so that it can be shown as it grows.
class table {
 public:
  /// `shows_spread`: with several repetitions there is a column for the quickest and the slowest.
  table(screen const& where, sheet const& what, bool shows_spread);

  std::string heading() const;
  std::string rows(block const& some) const;
  /// The sentence, wrapped.
  std::string ending() const;

 private:
  std::string row_of(block const& all, std::size_t index, double longest) const;
  std::string figures_of(row const& one, figures const& median) const;
  std::string ratio_of(block const& all, double wall) const;
  std::size_t width_of_figures() const;
  std::size_t width_of_bar() const;

  screen const& where_;
  sheet const& what_;
  bool shows_spread_;
};

}  // namespace demos::compare
