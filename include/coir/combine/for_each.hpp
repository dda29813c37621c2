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
#include <coir/queue/queue_core.hpp>
#include <coir/sync/semaphore.hpp>
#include <coir/task/group.hpp>
#include <coir/task/portable_call.hpp>

namespace coir {
namespace detail {

/// An item of a range on its way to a task: a reference where the range keeps the item, else the item.
template <class Range>
using item_of =
    std::conditional_t<std::ranges::forward_range<Range> &&
                           std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>>,
                       std::ranges::range_reference_t<Range>, std::ranges::range_value_t<Range>>;

/// Whether `F` with an item of its own can be a task in another process.
template <class F, class Item>
concept for_each_elsewhere = portable_function<std::decay_t<F>> &&
    std::copy_constructible<std::decay_t<F>> && std::invocable<std::decay_t<F>, std::decay_t<Item>>;

/// Begins a call of for_each() in another process. Its place is free again when it has ended, but not after a
/// failure: no further call is to begin.
template <class F, class Item>
void spawn_elsewhere(task_group& tasks, semaphore& places, F const& f, Item&& item,
                     source_line where) {
  auto const task = tasks.spawn(spawn_options{.where = where}, f, std::forward<Item>(item));
  task.on_done([&places, &record = task.record()] {
    if (record.how != outcome::failed) places.release();
  });
}

}  // namespace detail

/// Calls `f(item)` for each item of the range, each in a task of its own, at most `limit` of them at a
/// time. They begin in the order of the range.
///
/// The tasks are a group's: the first failure cancels the others, no further one begins, and all have
/// ended when it is thrown (G2). The range is gone through as places get free, so it may be longer
/// than memory. `f` is one object that the tasks share; on `threads` they call it at the same time. On
/// `processes` it must capture nothing, and gets a copy of its item.
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
      if constexpr (detail::for_each_elsewhere<F, item>) {
        if (detail::on_processes()) {
          detail::spawn_elsewhere(tasks, places, f,
                                  static_cast<item>(std::forward<decltype(each)>(each)), where);
          continue;
        }
      }
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
