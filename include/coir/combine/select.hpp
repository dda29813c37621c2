// SPDX-License-Identifier: BSL-1.0
/// select: the first of several things that can happen.

#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <ranges>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <coir/combine/handles.hpp>
#include <coir/combine/select_moment.hpp>
#include <coir/combine/select_queue.hpp>
#include <coir/combine/select_range.hpp>
#include <coir/time/deadline.hpp>

namespace coir {
namespace detail {

/// The handler that is there when none is given, and there is no item either.
struct give_nothing {
  void operator()() const noexcept {}
};

/// One case, or several under one place.
template <class Case>
concept single_case = std::derived_from<Case, select_case> && requires(Case& won) {
  won.finish();
};
template <class Case>
concept several_cases = requires(Case& won, std::size_t part) {
  { won.part(part) } -> std::same_as<select_case*>;
  won.finish(won.size());
};

/// What was made for this very statement.
template <class Case>
concept selectable = !std::is_reference_v<Case> && (single_case<Case> || several_cases<Case>);

/// What select() returns.
template <class... Cases>
using select_result = std::conditional_t<(std::is_void_v<typename Cases::result> && ...),
                                         std::size_t, first_result<typename Cases::result...>>;

/// The winner's number among all cases.
template <single_case... Cases>
std::size_t find_first(Cases&... cases) {
  select_case* const all[] = {&cases...};
  return select_first(all);
}
template <class... Cases>
std::size_t find_first(Cases&... cases) {
  std::vector<select_case*> all;
  auto const append = [&all](auto& each) {
    if constexpr (single_case<std::remove_reference_t<decltype(each)>>) {
      all.push_back(&each);
    } else {
      for (std::size_t part = 0; part < each.size(); ++part) all.push_back(each.part(part));
    }
  };
  (append(cases), ...);
  return select_first(all);
}

/// Calls the handler of the case with this number, the first one's being 0.
template <std::size_t Place, class Result, class First, class... Rest>
Result finish_at(std::size_t winner, First& first, Rest&... rest) {
  if constexpr (sizeof...(Rest) > 0) {
    std::size_t size = 1;
    if constexpr (several_cases<First>) size = first.size();
    if (winner >= size) return finish_at<Place + 1, Result>(winner - size, rest...);
  }
  auto const finish = [&]() -> decltype(auto) {
    if constexpr (several_cases<First>) {
      return first.finish(winner);
    } else {
      return first.finish();
    }
  };
  using own = typename First::result;
  if constexpr (std::is_same_v<Result, own>) {
    return finish();
  } else if constexpr (!std::is_void_v<own>) {
    return Result(std::in_place_index<Place>, finish());
  } else if constexpr (std::is_same_v<Result, std::size_t>) {
    return finish(), Place;
  } else {
    return finish(), Result(std::in_place_index<Place>);
  }
}

}  // namespace detail

/// Waits until one of several things can happen, and lets exactly that one happen.
///
///     bool stop = false;
///     while (!stop)
///       coir::select(coir::on_get(requests, [&](request r) { serve(std::move(r)); }),
///                    coir::on_put(reports, report_so_far(), [&] { begin_new_report(); }),
///                    coir::on_set(closing, [&] { stop = true; }),
///                    coir::on_end(helper, [&] { helper = coir::spawn(help); }),
///                    coir::after(10s, [&] { say_that_we_are_idle(); }));
///
/// The others have no effect: nothing is taken, and what was to be put stays with the caller. The
/// winner's handler runs when the task waits nowhere any more; it may wait, select, throw. If all
/// handlers return void, select() returns the place of the winner among the arguments; if all return
/// one type, what the winner's has returned; else a std::variant whose index() is the winner's place,
/// with std::monostate for void. A handler may be left out: that of a get then returns the item.
///
/// Whatever can happen at once goes before after(), and otherwise() comes when nothing can. Of several
/// that can, each has its turn: the search begins at another place each time, so that in a loop a busy
/// queue starves no other. Among those that wait for an item, selects and plain gets stand in one line.
///
/// A queue that is shut down is one of the things that happen: without a handler for it,
/// queue_shut_down is thrown. The same queue may stand in several places; a task never gets from itself.
///   Blocks: yes, unless there is an otherwise(); a suspension point always.
///   Throws: cancelled, and nothing has happened (C4); queue_shut_down; what the handler throws; what
///   moving an item throws, and an item that was to be got is back at the head then (C5); deadlock on
///   `serial`, where nobody is left who could end the wait; std::logic_error if no case is open.
///   Mirrors: Go's select, asyncio.wait(FIRST_COMPLETED).  O(cases)
template <detail::selectable... Cases>
requires(sizeof...(Cases) > 0) detail::select_result<Cases...> select(Cases&&... cases) {
  std::size_t const winner = detail::find_first(cases...);
  return detail::finish_at<0, detail::select_result<Cases...>>(winner, cases...);
}

/// Possibility: the first item of a queue is got, and `then(item)` called. When the queue is shut down
/// and empty, `ended()` is called, whose result takes the place of `then`'s.
template <class T, class Store, std::invocable<T> Then = detail::give_item,
          std::invocable Ended = detail::refuse>
[[nodiscard]] auto on_get(detail::basic_queue<T, Store> const& from, Then then = {},
                          Ended ended = {}) {
  using state = detail::queue_state<Store>;
  return detail::get_case<state, Then, Ended>(detail::select_access::state(from), std::move(then),
                                              std::move(ended));
}

/// Possibility: the first item of one of several queues of one kind is got, and `then(place, item)`
/// called with the queue's place in the range; left out, the two are the result, as a std::pair. When
/// one of them is shut down and empty, `ended(place)` is called.
template <detail::queue_range Queues, class Then = detail::give_item, class Ended = detail::refuse>
[[nodiscard]] auto on_get_any(Queues&& from, Then then = {}, Ended ended = {}) {
  using any_get = detail::any_get_case<detail::state_in<Queues>, Then, Ended>;
  return any_get(from, std::move(then), std::move(ended));
}

/// Possibility: `item` is put into a queue, and `then()` called. If it is not put, an item given as an
/// rvalue has its value back, if T can be assigned. When the queue is shut down, `ended()` is called.
template <class T, class Store, std::invocable Then = detail::give_nothing,
          std::invocable Ended = detail::refuse>
[[nodiscard]] auto on_put(detail::basic_queue<T, Store> const& to, std::type_identity_t<T>&& item,
                          Then then = {}, Ended ended = {}) {
  using state = detail::queue_state<Store>;
  return detail::put_case<state, T&&, Then, Ended>(
      detail::select_access::state(to), std::move(item), std::move(then), std::move(ended));
}
template <class T, class Store, std::invocable Then = detail::give_nothing,
          std::invocable Ended = detail::refuse>
[[nodiscard]] auto on_put(detail::basic_queue<T, Store> const& to,
                          std::type_identity_t<T> const& item, Then then = {}, Ended ended = {}) {
  using state = detail::queue_state<Store>;
  return detail::put_case<state, T, Then, Ended>(detail::select_access::state(to), T(item),
                                                 std::move(then), std::move(ended));
}

/// Possibility: the event is set.
template <std::invocable Then = detail::give_nothing>
[[nodiscard]] auto on_set(event& what, Then then = {}) {
  return detail::handled<detail::event_case, Then>(what, std::move(then));
}

/// Possibility: the task has ended, or the future is settled, however; its handle tells.
///   Throws: std::logic_error when the task selects its own end.
template <std::invocable Then = detail::give_nothing>
[[nodiscard]] auto on_end(any_task const& task, Then then = {}) {
  return detail::handled<detail::end_case, Then>(task, std::move(then));
}

/// Possibility: so much time has passed since this call, and nothing else has happened. Zero or less
/// is one look at the others. Of several the earliest counts.
template <class Rep, class Period, std::invocable Then = detail::give_nothing>
[[nodiscard]] auto after(std::chrono::duration<Rep, Period> delay, Then then = {}) {
  time_point const when = detail::deadline_after(now(), delay);
  return detail::handled<detail::due_case, Then>(when, std::move(then));
}
/// The same: it is that late.
template <std::invocable Then = detail::give_nothing>
[[nodiscard]] auto after(time_point when, Then then = {}) {
  return detail::handled<detail::due_case, Then>(when, std::move(then));
}

/// Possibility: nothing else can happen now. With it select() never waits.
template <std::invocable Then = detail::give_nothing>
[[nodiscard]] auto otherwise(Then then = {}) {
  time_point const always = time_point::min();
  return detail::handled<detail::due_case, Then>(always, std::move(then));
}

/// The same possibility, but closed unless `open`: it keeps its place and never wins.
///
///     select(when(a_open, on_get(a, use, [&] { a_open = false; })),
///            when(b_open, on_get(b, use, [&] { b_open = false; })));
template <detail::selectable Case>
[[nodiscard]] Case&& when(bool open, Case&& possibility) {
  if (!open) possibility.close();
  return std::move(possibility);
}

}  // namespace coir
