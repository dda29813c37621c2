// SPDX-License-Identifier: BSL-1.0
/// race: the first of several calls to end decides.

#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <coir/combine/completions.hpp>
#include <coir/combine/handles.hpp>
#include <coir/task/this_task.hpp>

namespace coir {
namespace detail {

template <std::size_t Place, class... R>
first_result<R...> result_at(std::tuple<task<R>...>& racers, std::size_t winner) {
  if constexpr (Place + 1 < sizeof...(R)) {
    if (winner != Place) return result_at<Place + 1>(racers, winner);
  }
  if constexpr (all_same<R...>) {
    return static_cast<first_result<R...>>(take_gathered(std::get<Place>(racers)));
  } else {
    return first_result<R...>(std::in_place_index<Place>, take_gathered(std::get<Place>(racers)));
  }
}

}  // namespace detail

/// Runs the calls side by side; the first to end decides: its result is returned, or its exception
/// thrown. Each argument is a call(f, args…) or a function without arguments.
///
/// First to end, not first to succeed: for that there is staggered_race(). It owns what it starts, in
/// argument order: the losers are cancelled, and have ended when it returns (C8). What a loser throws
/// goes to the unhandled-exception handler. Calls that all return the same type give that type,
/// others a std::variant whose index() is the winner's place; void is std::monostate in it. Where the
/// first is over before the next begins, as on `serial`, the next does not begin.
///   Blocks: until all have ended; a suspension point always.
///   Throws: what the winner has thrown; cancelled, after all have ended.
///   Mirrors: asyncio.wait(FIRST_COMPLETED) and the cancelling that follows it; Promise.race.
template <detail::unspawned... Calls>
requires(sizeof...(Calls) > 0) auto race(Calls&&... calls) {
  this_task::checkpoint();
  std::tuple<task<detail::result_of<Calls>>...> racers;
  detail::completions ends;
  std::size_t winner;
  {
    detail::ending_all const losers{ends, "it has lost a race"};
    auto const begin = [&](auto& racer, auto&& call) {
      racer = spawn(std::forward<decltype(call)>(call));
      ends.add(racer.record());
      return !racer.done();
    };
    std::apply([&](auto&... racer) { (void)(begin(racer, std::forward<Calls>(calls)) && ...); },
               racers);
    winner = *ends.next("race");
  }
  return detail::result_at<0>(racers, winner);
}

}  // namespace coir
