// SPDX-License-Identifier: BSL-1.0
/// gather: several results at once, in the order they were asked for.

#pragma once

#include <array>
#include <concepts>
#include <ranges>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <coir/task/group.hpp>

namespace coir {
namespace detail {

template <class T>
inline constexpr bool is_task = false;
template <class R>
inline constexpr bool is_task<task<R>> = true;

/// A result as a member of a tuple: void becomes std::monostate.
template <class R>
using gathered = std::conditional_t<std::is_void_v<R>, std::monostate, R>;

template <class R>
gathered<R> take_gathered(task<R>&& from) {
  if constexpr (std::is_void_v<R>) {
    std::move(from).get();
    return {};
  } else {
    return std::move(from).get();
  }
}

template <class R>
gathered<R> copy_gathered(task<R>& from) {
  if constexpr (std::is_void_v<R>) {
    from.get();
    return {};
  } else {
    return from.get();
  }
}

/// Waits until all of `tasks` have ended, or one has failed or been cancelled: then its error is
/// thrown. When the waiter is cancelled, all are cancelled and waited for.
COIR_EXPORT void await_all(std::span<task_record* const> tasks);

}  // namespace detail

/// Runs the calls side by side, and returns their results as a tuple, in argument order; void
/// becomes std::monostate. Each argument is a call(f, args…) or a function without arguments.
///
/// It owns what it starts, in argument order: the first failure cancels the others, waits for them,
/// and is thrown (G4).
///   Blocks: until all have ended.
///   Throws: the first failure; cancelled, after all have ended.
///   Mirrors: asyncio.gather, but leaves nothing running.
template <class... Calls>
requires(sizeof...(Calls) > 0 && (!detail::is_task<std::remove_cvref_t<Calls>> && ...) &&
         (std::invocable<std::decay_t<Calls>> && ...)) auto gather(Calls&&... calls) {
  task_group owned;
  // Braces: begun from left to right.
  std::tuple<decltype(owned.spawn(std::forward<Calls>(calls)))...> tasks{
      owned.spawn(std::forward<Calls>(calls))...};
  owned.finish_with_first();
  return std::apply(
      [](auto&... each) {
        return std::tuple<decltype(detail::take_gathered(std::move(each)))...>{
            detail::take_gathered(std::move(each))...};
      },
      tasks);
}

/// Waits for tasks that others own, and returns copies of their results, in argument order. A task
/// may be named twice.
///
/// It borrows: the first failure is thrown at once, and the others go on; when the waiter is
/// cancelled, they are cancelled, and waited for (G4).
///   Blocks: until all have ended, or one has failed.
template <class... R>
requires(sizeof...(R) > 0) auto gather(task<R>&... tasks) {
  std::array<detail::task_record*, sizeof...(R)> const records{&tasks.record()...};
  detail::await_all(records);
  return std::tuple<detail::gathered<R>...>{detail::copy_gathered(tasks)...};
}

/// The same for a range of handles; the results come as a vector, or as nothing if there are none.
template <std::ranges::input_range Tasks>
requires detail::is_task<std::remove_cvref_t<std::ranges::range_reference_t<Tasks>>>
auto gather(Tasks& tasks) {
  using result = typename std::ranges::range_value_t<Tasks>::value_type;
  std::vector<detail::task_record*> records;
  for (auto& each : tasks) records.push_back(&each.record());
  detail::await_all(records);
  if constexpr (std::is_void_v<result>) {
    for (auto& each : tasks) each.get();
  } else {
    std::vector<result> results;
    results.reserve(records.size());
    for (auto& each : tasks) results.push_back(each.get());
    return results;
  }
}

}  // namespace coir
