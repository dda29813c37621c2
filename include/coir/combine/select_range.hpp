// SPDX-License-Identifier: BSL-1.0
/// A get from any of a range of queues as a possibility of a select.

#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <ranges>
#include <type_traits>
#include <utility>

#include <coir/combine/select_queue.hpp>

namespace coir::detail {

/// The handlers that are there when none is given: the item is the result.
struct give_item {
  template <class T>
  T operator()(T&& item) const {
    return std::move(item);
  }
  template <class T>
  std::pair<std::size_t, T> operator()(std::size_t place, T&& item) const {
    return {place, std::move(item)};
  }
};

/// A range of handles that lie somewhere, of queues of one kind.
template <class Queues>
concept queue_range = std::ranges::input_range<Queues> &&
    std::is_lvalue_reference_v<std::ranges::range_reference_t<Queues>> &&
    requires(std::ranges::range_reference_t<Queues> each) {
  select_access::state(each);
};

/// What such queues share.
template <queue_range Queues>
using state_in = std::remove_reference_t<decltype(select_access::state(
    std::declval<std::ranges::range_reference_t<Queues>>()))>;

/// Several cases under one place: takes the first item of one of several queues.
template <class State, class Then, class Ended>
class any_get_case {
  using item = typename State::value_type;

 public:
  using result = std::invoke_result_t<Then, std::size_t, item>;

  template <queue_range Queues>
  any_get_case(Queues& from, Then then, Ended ended)
      : then_(std::move(then)), ended_(std::move(ended)) {
    for (auto& each : from) parts_.emplace_back(select_access::state(each), give_item(), refuse());
  }
  any_get_case(any_get_case const&) = delete;
  any_get_case& operator=(any_get_case const&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return parts_.size(); }
  [[nodiscard]] select_case* part(std::size_t number) noexcept { return &parts_[number]; }
  void close() noexcept {
    for (auto& each : parts_) each.close();
  }

  /// When part `winner` has won.
  result finish(std::size_t winner) {
    if (parts_[winner].is_refused()) return instead<result>(ended_, winner);
    return std::invoke(std::move(then_), winner, parts_[winner].finish());
  }

 private:
  std::deque<get_case<State, give_item, refuse>> parts_;  // a case keeps its address
  Then then_;
  Ended ended_;
};

}  // namespace coir::detail
