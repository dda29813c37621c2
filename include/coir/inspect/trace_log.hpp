// SPDX-License-Identifier: BSL-1.0
/// A tracer that writes everything down.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <coir/model/tracer.hpp>

namespace coir {

/// Keeps what the tasks of its runs do, a line for each step.
///
///     main #1 is spawned
///     main #1 begins
///     main #1 spawns loader #2
///     main #1 parks in task::join
///     loader #2 begins
///     loader #2 ends: finished
///     loader #2 wakes main #1: fulfilled
///     main #1 goes on
///
/// Tasks are numbered as they appear, so that runs which do the same have the same log: as two runs
/// with one seed do, in virtual time.
/// Thread: any.
class COIR_EXPORT trace_log final : public tracer {
 public:
  trace_log();
  ~trace_log() override;
  void on_event(trace_event const& event) override;

  [[nodiscard]] std::vector<std::string> lines() const;
  /// The lines as one text.
  [[nodiscard]] std::string text() const;
  /// Forgets everything, the numbers too.
  void clear();

 private:
  struct book;
  std::unique_ptr<book> const book_;
};

}  // namespace coir
