// SPDX-License-Identifier: BSL-1.0
/// gather_settled: several results at once, and failures as values among them.

#pragma once

#include <array>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <coir/combine/gather.hpp>
#include <coir/combine/outcome.hpp>
#include <coir/task/this_task.hpp>

namespace coir {
namespace detail {

/// How a task has ended. Its result is moved out of it, or copied.
template <bool Move, class R>
coir::outcome<R> outcome_of(task<R>& ended) {
  using settled = coir::outcome<R>;
  if (std::exception_ptr error = error_of(ended.record())) return settled(std::move(error));
  auto& result = static_cast<task_result<R>&>(ended.record());
  if constexpr (std::is_void_v<R>) {
    return settled(std::in_place);
  } else if constexpr (std::is_reference_v<R>) {
    return settled(std::in_place, &result.take());
  } else if constexpr (Move) {
    return settled(std::in_place, result.take());
  } else {
    return settled(std::in_place, result.peek());
  }
}

}  // namespace detail

/// Runs the calls side by side, and returns a tuple that tells how each has ended, in argument order.
/// Each argument is a call(f, args…) or a function without arguments.
///
/// A failure does not disturb the others. It owns what it starts: a cancel of the waiter ends all of
/// it; what then fails goes to the unhandled-exception handler.
///   Blocks: until all have ended.
///   Throws: cancelled, after all have ended.
///   Mirrors: asyncio.gather(return_exceptions=True), Promise.allSettled.
template <detail::unspawned... Calls>
requires(sizeof...(Calls) > 0) auto gather_settled(Calls&&... calls) {
  this_task::checkpoint();
  // Braces: begun from left to right.
  std::tuple<task<detail::result_of<Calls>>...> tasks{spawn(std::forward<Calls>(calls))...};
  return std::apply(
      [](auto&... each) {
        detail::await_ends(std::array{&each.record()...});
        return std::tuple<outcome<detail::result_of<Calls>>...>{detail::outcome_of<true>(each)...};
      },
      tasks);
}

/// The same for tasks that others own; results are copied, and a task may be named twice. A cancel of
/// the waiter goes to all of them, and on when they have ended (G4).
template <class... R>
requires(sizeof...(R) > 0) auto gather_settled(task<R>&... tasks) {
  detail::await_ends(std::array{&tasks.record()...});
  return std::tuple<outcome<R>...>{detail::outcome_of<false>(tasks)...};
}

/// The same for a range of handles, as a vector.
template <detail::task_range Tasks>
auto gather_settled(Tasks&& tasks) {
  using result = typename std::ranges::range_value_t<Tasks>::value_type;
  detail::await_ends(detail::records_of(tasks));
  std::vector<outcome<result>> outcomes;
  for (auto& each : tasks) outcomes.push_back(detail::outcome_of<false>(each));
  return outcomes;
}

}  // namespace coir
