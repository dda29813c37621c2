// SPDX-License-Identifier: BSL-1.0
/// for_each: the same work for many items, so many at a time.

#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <ranges>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

#include <coir/base/error.hpp>
#include <coir/sync/semaphore.hpp>
#include <coir/task/group.hpp>

namespace coir {
namespace detail {

/// An item of a range on its way to a task: a reference where the range keeps the item, else the item.
template <class Range>
using item_of =
    std::conditional_t<std::ranges::forward_range<Range> &&
                           std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>>,
                       std::ranges::range_reference_t<Range>, std::ranges::range_value_t<Range>>;

}  // namespace detail

/// Calls `f(item)` for each item of the range, each in a task of its own, at most `limit` of them at a
/// time. They begin in the order of the range.
///
/// The tasks are a group's: the first failure cancels the others, no further one begins, and all have
/// ended when it is thrown (G2). The range is gone through as places get free, so it may be longer
/// than memory. `f` is one object that the tasks share; on `threads` they call it at the same time.
///   Blocks: until all have ended; a suspension point always.
///   Throws: exception_group if a call failed, or the range itself; cancelled, after all have ended;
///   std::invalid_argument for a limit of 0.
///   Mirrors: trio's and anyio's capacity limiter around start_soon.
template <std::ranges::input_range Range, class F>
requires std::invocable<F&, detail::item_of<Range>>
void for_each(Range&& range, std::size_t limit, F&& f, source_line where = source_line::here()) {
  if (limit == 0)
    throw std::invalid_argument(
        "coir: for_each() with a limit of 0 would never begin; give at least 1");
  using item = detail::item_of<Range>;
  semaphore places(limit);
  group([&](task_group& tasks) {
    for (auto&& each : range) {
      places.acquire();
      std::tuple<item> kept(std::forward<decltype(each)>(each));
      auto work = [&places, &f, kept = std::move(kept)]() mutable {
        try {
          std::invoke(f, std::get<0>(std::move(kept)));
        } catch (cancelled const&) {
          places.release();
          throw;
        }
        places.release();  // but not after a failure: no further call is to begin
      };
      tasks.spawn(std::move(work), where);
    }
  });
}

}  // namespace coir
