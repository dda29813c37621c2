// SPDX-License-Identifier: BSL-1.0
/// Waking, on every model, and how a thread sleeps.

#include "wait/parker.hpp"

#include <mutex>

#include <coir/base/relax.hpp>
#include <coir/sys/futex.hpp>

#include "wait/proxy.hpp"
#include "wait/ready_queue.hpp"
#include "wait/seat.hpp"

namespace coir::detail {

task_core* current_task() noexcept { return this_thread.current; }

std::string name_of(task_core& task) {
  std::lock_guard<spin_lock> const held(task.lock);
  if (task.name) return *task.name;
  return (task.kind == task_kind::promise ? "promise-" : "task-") + std::to_string(task.id);
}

void wake(task_core& claimed) noexcept {
  if (claimed.kind == task_kind::fiber) [[likely]] {
    if (claimed.home == this_thread.home) [[likely]] {
      claimed.home->push(claimed);
    } else {
      claimed.home->push_from_outside(claimed);
    }
    return;
  }
  if (claimed.kind == task_kind::boost_fiber) return seat_of(claimed).wake(claimed);
  if (claimed.kind == task_kind::process) return proxy_of(claimed).wake(claimed);
  wake_thread(claimed);
}

void wake_thread(task_core& claimed) noexcept {
  // Once `woken` is set the task may go on and be gone; futex_wake only uses the address.
  std::uint32_t const before = claimed.word.fetch_or(word::woken, std::memory_order_acq_rel);
  if ((before & word::asleep) != 0) futex_wake(&claimed.word);
}

std::uint32_t announce_sleep(task_core& self) noexcept {
  return self.word.fetch_or(word::asleep, std::memory_order_seq_cst) | word::asleep;
}

void rouse(task_core& sleeper) noexcept {
  sleeper.word.fetch_and(~word::asleep, std::memory_order_seq_cst);
  futex_wake(&sleeper.word);
}

bool sleep_until_woken(task_core& self, time_point until) noexcept {
  constexpr int spins = 32;
  std::uint32_t at = self.word.load(std::memory_order_acquire);
  for (int i = 0; i < spins && !single_threaded() && (at & word::woken) == 0; ++i) {
    relax();
    at = self.word.load(std::memory_order_acquire);
  }
  if ((at & word::woken) != 0) return true;
  at = announce_sleep(self);
  if ((at & word::woken) == 0) futex_wait(self.word, at, until);
  return (self.word.load(std::memory_order_acquire) & word::woken) != 0;
}

}  // namespace coir::detail

namespace coir {

time_point now() noexcept {
  detail::ready_queue const* const home = detail::this_thread.home;
  return home != nullptr && home->clock != nullptr ? home->clock->now()
                                                   : std::chrono::steady_clock::now();
}

}  // namespace coir
