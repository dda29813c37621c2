// SPDX-License-Identifier: BSL-1.0
/// Waiting until all others wait.

#pragma once

#include <chrono>

#include <coir/time/deadline.hpp>

namespace coir::testing {

/// Waits until every other task of the run is parked: then what they were to do has been done, and what
/// they wait for has not come.
///
/// With a cushion, until they have been parked that long without a pause, in the run's time. In virtual
/// time this comes before the clock jumps, unless the cushion is longer than the jump. Of several who
/// wait so, those with the shortest cushion go on first, all of them together.
///
/// On `threads` it looks at what each task says of itself, again and again, and returns once all others
/// were parked at one moment. A task inside a system call or a std::mutex says that it runs, so it is
/// waited for. Nobody, on any model, sees what threads outside of the run are about to do, an offloaded
/// call among them: its caller is parked. On `serial` no other task can ever run, so it returns at once.
///   Blocks: yes; a suspension point always.
///   Throws: cancelled; std::logic_error outside of a run and on `processes`, std::invalid_argument for
///   NaN.
///   Mirrors: trio.testing.wait_all_tasks_blocked.
COIR_EXPORT void wait_all_blocked(std::chrono::nanoseconds cushion = {});

template <class Rep, class Period>
void wait_all_blocked(std::chrono::duration<Rep, Period> cushion) {
  wait_all_blocked(detail::to_nanoseconds(cushion));
}

}  // namespace coir::testing
