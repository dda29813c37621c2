// SPDX-License-Identifier: BSL-1.0
/// gather: several results at once, in the order they were asked for.

#pragma once

#include <array>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <coir/combine/handles.hpp>
#include <coir/task/group.hpp>
#include <coir/task/this_task.hpp>

namespace coir {
namespace detail {

/// Waits until all of `tasks` have ended, or one has failed or been cancelled: then its error is
/// thrown, and those of the others count as told. When the waiter is cancelled, all are cancelled
/// and waited for.
COIR_EXPORT void await_all(std::span<task_record* const> tasks);

/// Waits until all have ended, however. When the waiter is cancelled, as await_all().
COIR_EXPORT void await_ends(std::span<task_record* const> tasks);

}  // namespace detail

/// Runs the calls side by side, and returns their results as a tuple, in argument order; void
/// becomes std::monostate. Each argument is a call(f, args…) or a function without arguments.
///
/// It owns what it starts, in argument order: the first failure cancels the others, waits for them,
/// and is thrown (G4).
///   Blocks: until all have ended.
///   Throws: the first failure; cancelled, after all have ended.
///   Mirrors: asyncio.gather, but leaves nothing running.
template <detail::unspawned... Calls>
requires(sizeof...(Calls) > 0) auto gather(Calls&&... calls) {
  this_task::checkpoint();
  task_group owned;
  // Braces: begun from left to right.
  std::tuple<task<detail::result_of<Calls>>...> tasks{
      owned.spawn(std::forward<Calls>(calls), source_line{})...};
  owned.finish_with_first();
  return std::apply(
      [](auto&... each) {
        return std::tuple<detail::gathered<detail::result_of<Calls>>...>{
            detail::take_gathered(each)...};
      },
      tasks);
}

/// Waits for tasks that others own, and returns copies of their results, in argument order. A task
/// may be named twice.
///
/// It borrows: the first failure is thrown at once, and the others go on; should they fail too, that
/// counts as told. When the waiter is cancelled, they are cancelled, and waited for (G4).
///   Blocks: until all have ended, or one has failed.
template <class... R>
requires(sizeof...(R) > 0) auto gather(task<R>&... tasks) {
  std::array<detail::task_record*, sizeof...(R)> const records{&tasks.record()...};
  detail::await_all(records);
  return std::tuple<detail::gathered<R>...>{detail::copy_gathered(tasks)...};
}

/// The same for a range of handles; the results come as a vector, or as nothing if there are none.
template <detail::task_range Tasks>
auto gather(Tasks&& tasks) {
  using result = typename std::ranges::range_value_t<Tasks>::value_type;
  detail::await_all(detail::records_of(tasks));
  if constexpr (!std::is_void_v<result>) {
    std::vector<result> results;
    for (auto& each : tasks) results.push_back(detail::copy_gathered(each));
    return results;
  }
}

}  // namespace coir
