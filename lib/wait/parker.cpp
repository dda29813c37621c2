// SPDX-License-Identifier: BSL-1.0
/// Waking, on every model, and how a thread sleeps.

#include "wait/parker.hpp"

#include <mutex>
#include <utility>

#include <coir/base/relax.hpp>
#include <coir/sys/futex.hpp>

#include "wait/observer.hpp"
#include "wait/proxy.hpp"
#include "wait/ready_queue.hpp"
#include "wait/seat.hpp"

namespace coir::detail {

std::string name_of(task_core& task) {
  std::lock_guard<spin_lock> const held(task.lock);
  if (task.notes && !task.notes->name.empty()) return task.notes->name;
  return (task.kind == task_kind::promise ? "promise-" : "task-") + std::to_string(task.id);
}

void set_name(task_core& task, std::string name) {
  auto fresh = std::make_unique<task_notes>();
  fresh->name = std::move(name);
  std::lock_guard<spin_lock> const held(task.lock);
  if (task.notes) {
    task.notes->name.swap(fresh->name);
  } else {
    task.notes = std::move(fresh);
  }
}

namespace {

inline void wake_fiber(task_core& claimed) noexcept {
  if (claimed.home == this_thread.home) [[likely]] {
    claimed.home->push(claimed);
  } else {
    claimed.home->push_from_outside(claimed);
  }
}

[[gnu::noinline]] void wake_otherwise(task_core& claimed) noexcept {
  if (observer* const by = observer_of(claimed)) by->is_woken(claimed);
  switch (claimed.kind) {
    case task_kind::fiber: return wake_fiber(claimed);
    case task_kind::boost_fiber: return seat_of(claimed).wake(claimed);
    case task_kind::process:
    case task_kind::pooled: return proxy_of(claimed).wake(claimed);
    default: return wake_thread(claimed);
  }
}

}  // namespace

void wake(task_core& claimed) noexcept {
  if (claimed.direct) [[likely]]
    return wake_fiber(claimed);
  wake_otherwise(claimed);
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
