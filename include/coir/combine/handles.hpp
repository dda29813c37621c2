// SPDX-License-Identifier: BSL-1.0
/// What the combinators share: which arguments are handles and which are calls, and taking results.

#pragma once

#include <concepts>
#include <exception>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <coir/task/promise.hpp>
#include <coir/task/spawn.hpp>

namespace coir::detail {

template <class T>
inline constexpr bool is_task = false;
template <class R>
inline constexpr bool is_task<task<R>> = true;
template <class R>
inline constexpr bool is_task<task<R> const> = true;
template <class R>
inline constexpr bool is_task<future<R>> = true;
template <class R>
inline constexpr bool is_task<future<R> const> = true;

/// A function without arguments, or a call(f, args…): something to be spawned.
template <class T>
concept unspawned = !is_task<std::remove_cvref_t<T>> && std::invocable<std::decay_t<T>>;

template <class Call>
using result_of = std::invoke_result_t<std::decay_t<Call>>;

/// A range of handles that lie somewhere else than in the argument.
template <class Tasks>
concept task_range = std::ranges::input_range<Tasks> &&
    std::is_lvalue_reference_v<std::ranges::range_reference_t<Tasks>> &&
    is_task<std::remove_reference_t<std::ranges::range_reference_t<Tasks>>> &&
    (std::is_lvalue_reference_v<Tasks> || std::ranges::view<std::remove_cvref_t<Tasks>>);

/// A range of functions without arguments.
template <class Calls>
concept call_range =
    std::ranges::input_range<Calls> && unspawned<std::ranges::range_value_t<Calls>>;

/// The next call of a range: moved if the range was given away, else copied.
template <class Calls, class Iterator>
decltype(auto) call_at(Iterator const& at) {
  if constexpr (!std::is_lvalue_reference_v<Calls> && !std::ranges::view<Calls>) {
    return std::ranges::iter_move(at);
  } else {
    return *at;
  }
}

/// A result as a member of a tuple: void becomes std::monostate.
template <class R>
using gathered = std::conditional_t<std::is_void_v<R>, std::monostate, R>;

template <class... R>
inline constexpr bool all_same = (std::is_same_v<R, std::tuple_element_t<0, std::tuple<R...>>> &&
                                  ...);

/// What the first of several gives: the one type of all, or a variant that tells by its index who was
/// first.
template <class... R>
using first_result = std::conditional_t<all_same<R...>, std::tuple_element_t<0, std::tuple<R...>>,
                                        std::variant<gathered<R>...>>;

/// Throws what the task has ended with, if it was an exception. When it was cancelled, a cancel of
/// the caller speaks first, with its own reason.
COIR_EXPORT void throw_failure_of(task_record& ended);

/// The exception with which a task has ended, or null; the asker has been told (G3).
COIR_EXPORT std::exception_ptr error_of(task_record& ended) noexcept;

/// The result of a task that has ended, taken out of it. No suspension: the wait for it is over, and
/// has succeeded (C4).
template <class R>
gathered<R> take_gathered(task<R>& from) {
  throw_failure_of(from.record());
  auto& result = static_cast<task_result<R>&>(from.record());
  if constexpr (std::is_void_v<R>) {
    return {};
  } else {
    return result.take();
  }
}

/// The same, for one that others may ask too.
template <class R>
gathered<R> copy_gathered(task<R>& from) {
  throw_failure_of(from.record());
  auto& result = static_cast<task_result<R>&>(from.record());
  if constexpr (std::is_void_v<R>) {
    return {};
  } else {
    return result.peek();
  }
}

/// The records behind a range of handles.
template <task_range Tasks>
std::vector<task_record*> records_of(Tasks&& tasks) {
  std::vector<task_record*> records;
  for (auto& each : tasks) records.push_back(&each.record());
  return records;
}

}  // namespace coir::detail
