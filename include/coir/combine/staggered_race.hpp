// SPDX-License-Identifier: BSL-1.0
/// staggered_race: one attempt after the other, until one succeeds.

#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <coir/combine/completions.hpp>
#include <coir/combine/handles.hpp>
#include <coir/task/exception_group.hpp>
#include <coir/task/this_task.hpp>
#include <coir/time/deadline.hpp>

namespace coir {

/// How a staggered_race() was won. A result of void is a std::monostate.
template <class R>
struct staggered {
  std::size_t winner;                      ///< who has won, counted by start
  detail::gathered<R> value;               ///< what it has returned
  std::vector<std::exception_ptr> errors;  ///< of each attempt that began, by start: what it threw,
                                           ///< `cancelled` for most losers, null for the winner
};

/// Makes attempts until one succeeds. The first begins at once, each further one when the one before
/// it has failed, or `delay` after its beginning, whichever comes first.
///
/// It owns what it starts: the losers are cancelled, and have ended when it returns (C8). An attempt
/// that ends by being cancelled has failed. With no delay each begins a turn after the one
/// before it. Calls are taken from the range as they begin, moved from one that is given away.
///   Blocks: until all that began have ended; a suspension point always.
///   Throws: exception_group with every attempt's error, by start, if none has succeeded; cancelled,
///   after all have ended; std::invalid_argument for no calls at all.
///   Mirrors: asyncio.staggered.staggered_race; RFC 8305 ("Happy Eyeballs").
template <detail::call_range Calls, class Rep, class Period>
auto staggered_race(Calls&& calls, std::chrono::duration<Rep, Period> delay) {
  using result = detail::result_of<std::ranges::range_value_t<Calls>>;
  std::chrono::nanoseconds const step = detail::to_nanoseconds(delay);
  this_task::checkpoint();
  auto at = std::ranges::begin(calls);
  auto const stop = std::ranges::end(calls);
  if (at == stop)
    throw std::invalid_argument("coir: staggered_race() of no calls; give it at least one");

  std::vector<task<result>> attempts;
  detail::completions ends;
  std::optional<std::size_t> winner;
  {
    detail::ending_all const losers{ends, "it has lost a race"};
    for (bool more = true; more && !winner;) {
      attempts.push_back(spawn(detail::call_at<Calls>(at)));
      ends.add(attempts.back().record());
      more = ++at != stop;
      winner = ends.first_success("staggered_race", more,
                                  more ? detail::deadline_after(now(), step) : never);
    }
  }

  std::vector<std::exception_ptr> errors;
  for (auto const& each : attempts) errors.push_back(detail::error_of(each.record()));
  if (!winner) throw exception_group(std::move(errors));
  return staggered<result>{*winner, detail::take_gathered(attempts[*winner]), std::move(errors)};
}

/// The same without a delay: the next attempt begins only when the one before it has failed.
template <detail::call_range Calls>
auto staggered_race(Calls&& calls) {
  return staggered_race(std::forward<Calls>(calls), std::chrono::nanoseconds::max());
}

}  // namespace coir
