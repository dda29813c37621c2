// SPDX-License-Identifier: BSL-1.0
/// wait: for one of several tasks, for the first failure, or for all.

#pragma once

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <vector>

#include <coir/combine/handles.hpp>
#include <coir/time/deadline.hpp>

namespace coir {

/// What a wait() waits for.
enum class return_when : unsigned char {
  first_completed,  ///< one has ended, however
  first_exception,  ///< one has failed, or all have ended; one that was cancelled has not failed
  all_completed,    ///< all have ended
};

/// Which tasks have ended and which have not, as places in the range that was given to wait(). A task
/// that stands there twice is named once, by its first place.
struct waited {
  std::vector<std::size_t> done;     ///< in order of completion; first those that had ended before
  std::vector<std::size_t> pending;  ///< in the order of the range
};

namespace detail {
COIR_EXPORT waited wait_until(std::span<task_record* const> tasks, return_when goal,
                              time_point deadline);
}  // namespace detail

/// Waits for tasks that others own, until `goal` is reached.
///
/// It borrows: it never cancels a task, nor throws what one threw; ask the handles. Whatever ends
/// before the waiter runs again is among the done.
///   Blocks: yes; a suspension point even when the goal is reached.
///   Throws: cancelled, and the tasks go on; std::invalid_argument for no tasks at all.
///   Mirrors: asyncio.wait.
template <detail::task_range Tasks>
waited wait(Tasks&& tasks, return_when goal = return_when::all_completed) {
  return detail::wait_until(detail::records_of(tasks), goal, never);
}

/// The same, for no longer than `limit`: what has not ended by then is pending. A task that ends at
/// that very instant is done. Even with no time at all the others get a turn.
template <detail::task_range Tasks, class Rep, class Period>
waited wait(Tasks&& tasks, return_when goal, std::chrono::duration<Rep, Period> limit) {
  time_point const deadline = detail::deadline_after(now(), limit);
  return detail::wait_until(detail::records_of(tasks), goal, deadline);
}

/// The same for tasks of any types: `wait({&a, &b}, return_when::first_completed)`.
COIR_EXPORT waited wait(std::initializer_list<any_task const*> tasks,
                        return_when goal = return_when::all_completed, time_point deadline = never);

template <class Rep, class Period>
waited wait(std::initializer_list<any_task const*> tasks, return_when goal,
            std::chrono::duration<Rep, Period> limit) {
  return wait(tasks, goal, detail::deadline_after(now(), limit));
}

}  // namespace coir
