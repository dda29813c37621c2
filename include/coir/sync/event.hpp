// SPDX-License-Identifier: BSL-1.0
/// event: a flag to wait for.

#pragma once

#include <chrono>

#include <coir/cancel/suspend.hpp>
#include <coir/time/deadline.hpp>
#include <coir/wait/wait_queue.hpp>

namespace coir {
namespace detail {
class event_case;
}

/// A flag that wakes everybody who waits for it.
///
/// set() wakes all who wait at that moment, even if clear() follows before they run. Those who come
/// while it is set pass without waiting.
/// Thread: any.  Mirrors: asyncio.Event.
class COIR_EXPORT event {
 public:
  event() = default;
  event(event const&) = delete;
  event& operator=(event const&) = delete;

  /// Waits until it is set.
  ///   Blocks: yes; a suspension point even when it is set.
  ///   Throws: cancelled.
  void wait() { (void)wait_until(never); }

  /// The same, for no longer than `limit`: false if it was not set by then. Zero or less is one look.
  template <class Rep, class Period>
  [[nodiscard]] bool wait_for(std::chrono::duration<Rep, Period> limit) {
    return wait_until(detail::deadline_after(now(), limit));
  }
  bool wait_until(time_point deadline);

  /// Sets it.  Blocks: never.  Wakes: all who wait, in the order they came.
  void set() noexcept;
  void clear() noexcept;
  [[nodiscard]] bool is_set() const noexcept;

 private:
  friend class detail::event_case;

  mutable detail::spin_lock lock_;  // guards the rest
  bool set_ = false;
  detail::wait_queue waiters_{"an event was destroyed while tasks wait for it"};
};

}  // namespace coir
