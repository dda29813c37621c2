// SPDX-License-Identifier: BSL-1.0
/// Work with a limit: timeout(), move_on_after(), shield().

#pragma once

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

#include <coir/cancel/cancel_scope.hpp>
#include <coir/task/task.hpp>
#include <coir/task/this_task.hpp>

namespace coir {
namespace detail {

/// Runs `f` in `scope`; its own `cancelled` becomes a timeout_error.
template <class F>
std::invoke_result_t<F> run_limited(timed_scope& scope, F&& f) {
  try {
    return std::invoke(std::forward<F>(f));
  } catch (cancelled const&) {
    if (!scope.exit()) throw;
  }
  throw timeout_error();
}

}  // namespace detail

/// Runs `f()`; if it has not come to its end by `when`, what it waits in is cancelled, and once it has
/// really ended, timeout_error is thrown (T1, T4).
///
/// A deadline that has come at entry ends `f` at its first suspension; an `f` that never suspends
/// succeeds (T2). An `f` that returns after the deadline has succeeded (T3).
///   Throws: timeout_error; what `f` throws; cancelled, for a cancel from outside.
///   Mirrors: asyncio.timeout_at, trio.fail_at.
template <std::invocable F>
std::invoke_result_t<F> timeout_at(time_point when, F&& f) {
  detail::timed_scope scope(when);
  return detail::run_limited(scope, std::forward<F>(f));
}

/// The same, `limit` after entry.
template <class Rep, class Period, std::invocable F>
std::invoke_result_t<F> timeout(std::chrono::duration<Rep, Period> limit, F&& f) {
  detail::timed_scope scope(detail::span_from_now(limit));
  return detail::run_limited(scope, std::forward<F>(f));
}

/// Waits for `work`, and ends it when the limit comes, or when the waiter itself is cancelled; in both
/// cases waits until it has really ended. A task that answers by returning has succeeded.
///   Throws: timeout_error; what the task threw; cancelled.
///   Mirrors: asyncio.wait_for.
template <class Rep, class Period, class R>
std::add_lvalue_reference_t<R const> timeout(std::chrono::duration<Rep, Period> limit,
                                             task<R>& work) {
  if (work.await_or_end(detail::deadline_after(now(), limit))) {
    this_task::checkpoint();  // a cancel from outside that came meanwhile weighs more (T1)
    throw timeout_error();
  }
  return work.ended_result();
}

/// asyncio's name for timeout().
template <class Rep, class Period, class Work>
decltype(auto) wait_for(std::chrono::duration<Rep, Period> limit, Work&& work) {
  return timeout(limit, std::forward<Work>(work));
}

/// Runs `f()` for no longer than `limit`, and goes on: returns true, or f's result in an optional, if
/// it came to its end; false or nullopt if the limit ended it.
///   Throws: what `f` throws; cancelled, for a cancel from outside.
///   Mirrors: trio.move_on_after.
template <class Rep, class Period, std::invocable F>
detail::cut_short_result<F> move_on_after(std::chrono::duration<Rep, Period> limit, F&& f) {
  detail::timed_scope scope(detail::span_from_now(limit));
  return detail::run_in(scope, f);
}

/// Runs `f()` untouched by cancels from outside. One that came meanwhile is delivered on leaving.
///   Throws: what `f` throws; cancelled, once `f` has come to its end.
template <std::invocable F>
std::invoke_result_t<F> shield(F&& f) {
  using result = std::invoke_result_t<F>;
  detail::timed_scope inside(never, /*shielded=*/true);
  if constexpr (std::is_void_v<result>) {
    std::invoke(std::forward<F>(f));
    inside.exit();
    this_task::checkpoint();
  } else {
    result value = std::invoke(std::forward<F>(f));
    inside.exit();
    this_task::checkpoint();
    return static_cast<result&&>(value);
  }
}

}  // namespace coir
