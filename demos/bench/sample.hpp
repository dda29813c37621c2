// SPDX-License-Identifier: BSL-1.0
/// What a row was measured to be.
#pragma once

#include <string>
#include <vector>

#include "row.hpp"

namespace demos::bench {

/// Several repetitions of one figure.
struct spread {
  double median = 0;
  double least = 0;
  double most = 0;
};

/// Sorts `values`; all zero when there are none.
spread spread_of(std::vector<double> values);

/// One row on one side, repetition by repetition.
struct sample {
  std::vector<double> figure;  // ns, ms or bytes, as the row's unit says
  std::vector<double> floor;   // ns of a raw switch around that repetition
  std::vector<double> cpu_ms;  // where the row counts it
  std::string error;           // why there is no figure

  /// The figure in raw switches, each repetition by its own floor.
  [[nodiscard]] spread floors() const;
};

struct result {
  row what;
  sample coir;                // as long as the process has never had a second thread
  sample coir_shared;         // once it has had one
  std::vector<sample> peers;  // in the row's order
};

/// How thoroughly.
struct plan {
  int repetitions = 9;
  double min_seconds = 0.05;  // a repetition of an operation
};

/// Measures a row in this process, on one core.
void measure(plan const& how, result& into);

/// The same in a process of its own, so that no row finds what another left: memory that exists
/// already, or a second thread that once lived. A process that dies is the row's error.
void measure_apart(plan const& how, result& into);

}  // namespace demos::bench
