// SPDX-License-Identifier: BSL-1.0
/// as_completed: tasks one by one, in the order in which they end.

#pragma once

#include <chrono>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <coir/base/error.hpp>
#include <coir/combine/completions.hpp>
#include <coir/combine/handles.hpp>
#include <coir/task/this_task.hpp>
#include <coir/time/deadline.hpp>

namespace coir {

/// A task that has ended, and its place among the arguments.
template <class Handle>
struct completion {
  std::size_t index;
  Handle& task;  // get() does not wait any more
};

/// What as_completed() returns: an input range of completions.
///
/// Going on to the next one waits for it. A loop that was left can be resumed: a second one goes on
/// after what the first has seen. A task that was named twice comes once, with its first place.
/// Thread: the task's that made it, or one that it was lent to.
template <class Handle>
class completed_tasks {
 public:
  /// For as_completed(): over tasks that others own,
  completed_tasks(std::vector<Handle*> tasks, time_point deadline)
      : tasks_(std::move(tasks)), deadline_(deadline) {
    watch_all();
  }
  /// and over tasks that are given to it.
  completed_tasks(std::vector<std::remove_const_t<Handle>>&& owned, time_point deadline)
      : owned_(std::move(owned)), deadline_(deadline) {
    for (Handle& each : owned_) tasks_.push_back(&each);
    watch_all();
  }
  completed_tasks(completed_tasks const&) = delete;
  completed_tasks& operator=(completed_tasks const&) = delete;
  /// Leaves the tasks that others own as they are. Its own are cancelled, and waited for.
  ~completed_tasks() {
    if (!owned_.empty()) ends_.end_all("its as_completed was left");
  }

  /// Waits for the next task to end: it, or nothing when all have been given.
  ///   Blocks: yes; a suspension point, but not after the last.
  ///   Throws: timeout_error when the time is over and nobody is left who had ended in it; cancelled.
  ///   Neither touches a task, and both may be followed by a further call.
  std::optional<completion<Handle>> next() {
    std::optional<std::size_t> const place = next_place();
    if (!place) return std::nullopt;
    return completion<Handle>{*place, *tasks_[*place]};
  }

  /// How many have not been given yet.
  [[nodiscard]] std::size_t remaining() const noexcept { return places_.size() - given_; }

  class iterator {
   public:
    using value_type = completion<Handle>;
    using difference_type = std::ptrdiff_t;

    iterator() = default;
    explicit iterator(completed_tasks& range) : range_(&range) { ++*this; }
    value_type operator*() const { return {*place_, *range_->tasks_[*place_]}; }
    iterator& operator++() {
      place_ = range_->next_place();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(iterator const& at, std::default_sentinel_t) { return !at.place_; }

   private:
    completed_tasks* range_ = nullptr;
    std::optional<std::size_t> place_;
  };

  /// Waits for the next one, as next() does.
  iterator begin() { return iterator(*this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  void watch_all() {
    for (std::size_t place = 0; place < tasks_.size(); ++place)
      if (ends_.add_once(tasks_[place]->record())) places_.push_back(place);
  }

  std::optional<std::size_t> next_place() {
    if (remaining() == 0) return std::nullopt;
    std::optional<std::size_t> const number = ends_.next("as_completed", deadline_);
    if (!number)
      throw timeout_error("timed out: " + std::to_string(remaining()) + " of " +
                          std::to_string(places_.size()) + " tasks have not ended");
    ++given_;
    return places_[*number];
  }

  std::vector<std::remove_const_t<Handle>> owned_;  // nobody else's tasks
  std::vector<Handle*> tasks_;                      // by place
  std::vector<std::size_t> places_;                 // by the number of the watch
  time_point deadline_;
  std::size_t given_ = 0;
  detail::completions ends_;
};

/// Gives tasks that others own in the order in which they end:
///
///     for (auto [index, task] : coir::as_completed(tasks)) use(task.get());
///
/// It borrows: leaving the loop early, or a cancel, leaves the others running (G4). Those that had
/// ended before come first. The handles stay where they are while it is in use.
///   Mirrors: asyncio.as_completed.
template <detail::task_range Tasks>
auto as_completed(Tasks&& tasks, time_point deadline = never) {
  using handle = std::remove_reference_t<std::ranges::range_reference_t<Tasks>>;
  std::vector<handle*> borrowed;
  for (auto& each : tasks) borrowed.push_back(&each);
  return completed_tasks<handle>(std::move(borrowed), deadline);
}

/// The same for handles one by one; if their results differ in type, each comes as an any_task.
template <class First, class... R>
auto as_completed(task<First>& first, task<R>&... tasks) {
  using handle = std::conditional_t<(std::is_same_v<First, R> && ...), task<First>, any_task>;
  return completed_tasks<handle>(std::vector<handle*>{&first, &tasks...}, never);
}

/// Runs the calls side by side, and gives their tasks in the order in which they end. Each argument
/// is a call(f, args…) or a function without arguments; all results are of one type.
///
/// It owns what it starts: leaving it, early or not, cancels and awaits what still runs (C8). A
/// failure is its task's alone.
///   Blocks: no, but a suspension point.  Throws: cancelled.
template <detail::unspawned First, detail::unspawned... Calls>
requires(std::is_same_v<detail::result_of<First>, detail::result_of<Calls>>&&...) auto as_completed(
    First&& first, Calls&&... calls) {
  using handle = task<detail::result_of<First>>;
  this_task::checkpoint();
  std::vector<handle> begun;
  begun.push_back(spawn(std::forward<First>(first)));
  (begun.push_back(spawn(std::forward<Calls>(calls))), ...);
  return completed_tasks<handle>(std::move(begun), never);
}

/// The same for a range of calls, moved from one that is given away.
template <detail::call_range Calls>
auto as_completed(Calls&& calls, time_point deadline = never) {
  using handle = task<detail::result_of<std::ranges::range_value_t<Calls>>>;
  this_task::checkpoint();
  std::vector<handle> begun;
  auto const stop = std::ranges::end(calls);
  for (auto at = std::ranges::begin(calls); at != stop; ++at)
    begun.push_back(spawn(detail::call_at<Calls>(at)));
  return completed_tasks<handle>(std::move(begun), deadline);
}

/// The same for handles or for calls, for no longer than `limit` in all. Then those that have ended in time still come, and
/// after them timeout_error.
template <class Tasks, class Rep, class Period>
requires detail::task_range<Tasks> || detail::call_range<Tasks>
auto as_completed(Tasks&& tasks, std::chrono::duration<Rep, Period> limit) {
  return as_completed(std::forward<Tasks>(tasks), detail::deadline_after(now(), limit));
}

}  // namespace coir
