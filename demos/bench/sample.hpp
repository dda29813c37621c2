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
  sample coir;         // as long as the process has never had a second thread
  sample coir_shared;  // once it has had one
  sample boost;
};

/// Which of the rows, and how thoroughly.
struct plan {
  std::vector<row> rows;
  int repetitions = 9;
  double min_seconds = 0.05;  // a repetition of an operation
  bool progress = false;      // name on stderr what is being measured
};

/// Measures every row of the plan, on one core.
std::vector<result> measure(plan const& what);

}  // namespace demos::bench
