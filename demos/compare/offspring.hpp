// SPDX-License-Identifier: BSL-1.0
/// What a cell on processes uses besides itself: its fork server, and the processes that this makes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "figures.hpp"

namespace demos::compare {

/// Watches them from here, as the one to whom orphans come.
///
/// The fork server is nobody's child, and so becomes ours; when the cell ends it ends too, with all that
/// it has made, and what it has used then is told to who waits for it.
class offspring {
 public:
  /// To be made before the cell is.
  offspring();

  /// Notes how much memory they have now: pages of their own, and page tables. A few of them are looked
  /// at, and the others taken to be like them, for a look takes long.
  void look(pid_t cell);

  /// Waits for all of them, once the cell has ended, and adds to its figures what they have used.
  ///   Blocks: for no longer than two seconds.
  void add_to(figures& cell);

 private:
  [[nodiscard]] std::vector<pid_t> ours(pid_t but) const;

  std::vector<pid_t> before_;  // our children that are none of the cell's
  std::int64_t most_ = 0;      // bytes
};

}  // namespace demos::compare
