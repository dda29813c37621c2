// SPDX-License-Identifier: BSL-1.0
/// The same work for many items, in a pool: what process_pool's map functions are made of.

#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

#include <coir/base/error.hpp>
#include <coir/combine/handles.hpp>
#include <coir/pool/pooled.hpp>
#include <coir/queue/queue.hpp>
#include <coir/task/this_task.hpp>

namespace coir {

/// How a range is gone through.
struct map_options {
  std::size_t chunk =
      0;  ///< how many items make a task; 0: 1, and for a map() over a range of known
          ///< size as many as give each worker four tasks
  std::size_t ahead = 0;  ///< how many items may have been taken from the range without their
                          ///< results having been taken; 0: two chunks for each worker
};

namespace detail {

/// In a handler: the exception as bytes.
COIR_EXPORT std::string pack_current_exception();
/// Calls `function(argument)`, and notes where an exception comes from that leaves it.
COIR_EXPORT void call_item(void (*function)(void* argument), void* argument);
[[noreturn]] COIR_EXPORT void rethrow_packed(std::string const& packed);

template <class R>
using value_of_result =
    std::conditional_t<std::is_void_v<R>, std::monostate, std::remove_cvref_t<R>>;

template <class Call>
struct one_argument;
template <class F, class T>
struct one_argument<bound_call<F, T>> {
  using type = T;
};
/// What an item is carried as, as the argument of a spawned call is.
template <class F, class T>
using carried_item = typename one_argument<typename converted<F, T>::type>::type;

/// A task of several items.
template <class F, class Item>
struct chunk_call {
  using value = value_of_result<std::invoke_result_t<F&, Item>>;
  /// What they have come to: results, in order, and the exceptions between them, each with its place.
  using results = std::pair<std::vector<value>, std::vector<std::pair<std::size_t, std::string>>>;

  results operator()(std::vector<Item> items) {
    results all;
    for (std::size_t place = 0; place < items.size(); ++place) {
      auto call = [&] {
        if constexpr (std::is_void_v<std::invoke_result_t<F&, Item>>) {
          std::invoke(function, static_cast<Item>(std::move(items[place])));
          all.first.emplace_back();
        } else {
          all.first.push_back(std::invoke(function, static_cast<Item>(std::move(items[place]))));
        }
      };
      try {
        call_item([](void* of_item) { (*static_cast<decltype(call)*>(of_item))(); }, &call);
      } catch (cancelled const&) {
        throw;
      } catch (...) {
        all.second.emplace_back(place, pack_current_exception());
      }
    }
    return all;
  }

  [[no_unique_address]] F function;
};

/// It is carried as its function is.
template <class F, class Item>
inline constexpr bool portable_function<chunk_call<F, Item>> = portable_function<F>;

}  // namespace detail

/// What process_pool::imap() and imap_unordered() return: an input range of results.
///
/// Going on to the next one waits for it. What an item has thrown comes out at its place, and after it
/// a further next() goes on behind it; so does what the range itself throws, after all results, and what has
/// ended a whole chunk, as worker_died. Its destructor withdraws and cancels what is left, and waits for it.
/// Thread: the task's that made it, or one that it was lent to.
template <class Range, class F>
class mapped_results {
  using item = detail::carried_item<F, std::ranges::range_value_t<Range>>;
  using chunk = detail::chunk_call<F, item>;
  using call = detail::bound_call<chunk, std::vector<item>>;

 public:
  using value_type = typename chunk::value;

  /// For process_pool: of `options` nothing is 0.
  mapped_results(std::shared_ptr<detail::pool_core> pool, F function, Range&& range,
                 map_options options, bool in_order)
      : pool_(std::move(pool)),
        function_(std::move(function)),
        range_(std::forward<Range>(range)),
        options_(options),
        in_order_(in_order) {
    if constexpr (!detail::portable_function<F>) {
      detail::require_portable({{detail::obstacle::holds_state, &typeid(F)}});
    } else {
      detail::require_portable(detail::portable_of<call>->refused);
    }
    feed();
  }
  mapped_results(mapped_results const&) = delete;
  mapped_results& operator=(mapped_results const&) = delete;
  ~mapped_results() {
    // First all of them, so that no worker begins what nobody wants.
    for (auto at = tasks_.rbegin(); at != tasks_.rend(); ++at) {
      try {
        at->second.handle.cancel("its results were dropped");
      } catch (...) {  // no memory for the words: it is cancelled in its turn
      }
    }
  }

  /// Waits for the next result: nothing if there is none left.
  ///   Blocks: yes; a suspension point.
  ///   Throws: what the item has thrown, or the range; cancelled, and then nothing is lost.
  std::optional<value_type> next() {
    this_task::checkpoint();
    for (;;) {
      feed();
      if (place_ < count_) return take_value();
      if (tasks_.empty()) break;
      take_chunk();
    }
    if (trouble_ != nullptr) std::rethrow_exception(std::exchange(trouble_, nullptr));
    return std::nullopt;
  }

  class iterator {
   public:
    using value_type = mapped_results::value_type;
    using difference_type = std::ptrdiff_t;

    iterator() = default;
    explicit iterator(mapped_results& range) : range_(&range) { ++*this; }
    value_type& operator*() const { return *range_->shown_; }
    iterator& operator++() {
      range_->shown_ = range_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return !range_->shown_; }

   private:
    mapped_results* range_ = nullptr;
  };

  /// Waits for the next one, as next() does.
  iterator begin() { return iterator(*this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  struct task_of_chunk {
    task<typename chunk::results> handle;
    std::size_t count;
  };

  /// Submits as much as may be under way.
  void feed() {
    while (!source_ended_) {
      std::size_t const under_way = taken_ - items_.size();
      if (under_way != 0 && under_way + options_.chunk > options_.ahead) return;
      gather();
      if (items_.empty()) return;
      try {
        submit();
      } catch (...) {
        trouble_ = std::current_exception();
        source_ended_ = true;
      }
    }
  }

  /// Takes items from the range, and none before it is needed.
  void gather() {
    try {
      while (!source_ended_ && items_.size() < options_.chunk) {
        if (!at_) {
          at_.emplace(std::ranges::begin(range_));
        } else if (!looked_at_) {
          ++*at_;
        }
        looked_at_ = true;
        if (*at_ == std::ranges::end(range_)) {
          source_ended_ = true;
        } else {
          items_.emplace_back(**at_);
          looked_at_ = false;
          ++taken_;
        }
      }
    } catch (cancelled const&) {
      throw;
    } catch (...) {
      trouble_ = std::current_exception();
      source_ended_ = true;
    }
  }

  void submit() {
    std::size_t const count = items_.size();
    auto fresh = detail::make_pooled<call>(std::in_place, chunk{function_},
                                           std::exchange(items_, std::vector<item>()));
    detail::submit_to(*pool_, *fresh, {});
    auto const [at, is_new] = tasks_.emplace(
        next_number_++, task_of_chunk{task<typename chunk::results>(fresh.release()), count});
    if (!in_order_)
      at->second.handle.on_done(
          [ended = ended_, number = at->first]() mutable { (void)ended.try_put(number); });
  }

  /// Waits for a chunk to give results from.
  void take_chunk() {
    std::uint64_t number = tasks_.begin()->first;
    if (in_order_) {
      tasks_.begin()->second.handle.join();
    } else {
      number = ended_.get();
    }
    auto const own = tasks_.extract(number);
    auto& [handle, count] = own.mapped();
    if (std::exception_ptr const failure = detail::error_of(handle.record())) {
      taken_ -= count;
      std::rethrow_exception(failure);
    }
    now_ = static_cast<detail::task_result<typename chunk::results>&>(handle.record()).take();
    place_ = value_at_ = error_at_ = 0;
    count_ = count;
  }

  value_type take_value() {
    --taken_;
    std::size_t const place = place_++;
    if (error_at_ < now_.second.size() && now_.second[error_at_].first == place)
      detail::rethrow_packed(now_.second[error_at_++].second);
    return std::move(now_.first[value_at_++]);
  }

  std::shared_ptr<detail::pool_core> const pool_;
  F function_;
  Range range_;
  map_options const options_;
  bool const in_order_;
  std::optional<std::ranges::iterator_t<Range>> at_;  // none before the first item is needed
  bool looked_at_ = false;  // it is at an item that was not taken, for a cancel came between
  bool source_ended_ = false;
  std::exception_ptr trouble_;  // has ended it; told last
  std::vector<item> items_;     // taken from it, and not submitted yet
  std::size_t taken_ = 0;       // items taken from it without a result
  std::uint64_t next_number_ = 0;
  std::map<std::uint64_t, task_of_chunk> tasks_;
  queue<std::uint64_t> ended_;       // those of them, if they come in that order
  typename chunk::results now_;      // the chunk that results are given from
  std::size_t count_ = 0;            // of its items
  std::size_t place_ = 0;            // of the next one
  std::size_t value_at_ = 0;         // among its values
  std::size_t error_at_ = 0;         // among its errors
  std::optional<value_type> shown_;  // where the iterator is
};

}  // namespace coir
