// SPDX-License-Identifier: BSL-1.0
/// What is measured: one repetition, the row of a model, the sheet of a workload.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workload.hpp"

namespace demos::compare {

/// The figures of one run of a workload.
struct figures {
  double wall = 0;               // seconds
  double cpu = 0;                // seconds, user and system, all threads
  std::int64_t memory = 0;       // bytes: the peak of resident memory, and page tables, added
  std::int64_t voluntary = 0;    // context switches because a thread had to wait
  std::int64_t involuntary = 0;  // context switches because the kernel took the core away
};

/// How a repetition ended.
enum class ending {
  finished,  // and its result was right
  stopped,   // took longer than the limit and was killed
  refused,   // the model cannot run this, and said why: a deadlock on serial, too many threads
  failed,    // anything else that went wrong: an unexpected error, a wrong result
  crashed,   // ended by a signal that we did not send
};

std::string_view name_of(ending how);

/// One run in its own process.
struct repetition {
  ending how = ending::finished;
  std::string why;  // for all but finished
  figures measured;
  outcome brought;
};

/// One model at one number of tasks.
struct row {
  std::string_view model;
  std::vector<repetition> repetitions;

  /// The repetition that did not finish, if there is one: then the row tells that instead.
  repetition const* broken() const;
  /// The median of each figure; nothing if a repetition did not finish.
  std::optional<figures> median() const;
  double quickest() const;  // wall time; at least one repetition must have finished
  double slowest() const;   // wall time; at least one repetition must have finished
};

/// All models at one number of tasks.
struct block {
  std::uint64_t tasks = 0;
  std::vector<row> rows;

  row const* find(std::string_view model) const;
  /// The median wall time of a model that finished.
  std::optional<double> wall(std::string_view model) const;
};

/// All that was measured for one workload.
struct sheet {
  workload const* what = nullptr;
  job work;          // its number of tasks means nothing here
  double limit = 0;  // seconds a cell may take
  std::vector<block> blocks;
};

}  // namespace demos::compare
