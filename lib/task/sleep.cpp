// SPDX-License-Identifier: BSL-1.0
/// Sleeping is a wait that nobody can fulfil.

#include <coir/task/sleep.hpp>

namespace coir {

void sleep_until(time_point when) {
  if (when <= now()) return yield();
  detail::task_core& self = detail::checkpoint();
  detail::suspension wait(self, "sleep");
  wait.begin();
  if (wait.end(when) == detail::wake_reason::cancelled) detail::deliver(self);
}

}  // namespace coir
