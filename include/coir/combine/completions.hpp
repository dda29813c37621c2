// SPDX-License-Identifier: BSL-1.0
/// The ends of several tasks, in the order in which they come: what every combinator waits on.

#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_set>

#include <coir/model/task_record.hpp>
#include <coir/wait/wait_queue.hpp>

namespace coir::detail {

/// What ends a wait for several tasks. The end of all of them always does.
enum class stop_at : unsigned char {
  all_ended,
  one_failed,               // a task that was cancelled has not failed
  one_failed_or_cancelled,  // no result will come from it
  one_ended,
};

/// Watches tasks, and lines up those that have ended until somebody takes them.
///
/// The watch is a watcher on each task's record; a task tells it of its end under its own lock and
/// then this one's. So no end is missed, or told twice, however the two threads meet.
/// Thread: one task at a time adds and waits; the watched may end on any.
class COIR_EXPORT completions {
 public:
  completions() = default;
  completions(completions const&) = delete;
  completions& operator=(completions const&) = delete;
  /// Stops watching; the tasks go on.
  ~completions();

  /// Watches one more task, under the next number from 0 on. One that has ended lines up at once.
  void add(task_record& task);
  /// The same for one that is not watched yet; false, and nothing done, for one that is.
  bool add_once(task_record& task);

  /// How many it watches.
  [[nodiscard]] std::size_t size() const noexcept { return watches_.size(); }
  [[nodiscard]] task_record& task(std::size_t number) const noexcept {
    return *watches_[number].task;
  }

  /// Waits for `goal`, or for `deadline`. A task that ends at the instant of the deadline counts as
  /// ended (GAT-12), so even one that has come gives the others a turn.
  ///   Blocks: yes; a suspension point always.
  ///   Throws: cancelled; the tasks go on.
  wake_reason await(char const* what, stop_at goal, time_point deadline = never);

  /// Takes the first in line, if there is one.
  std::optional<std::size_t> take();

  /// Waits for the next end and takes it: nothing once `deadline` has come.
  ///   Throws: as await().
  std::optional<std::size_t> next(char const* what, time_point deadline = never);

  /// Takes one end after the other until a task has succeeded: then its number. Nothing once all have
  /// ended, or, for one who is `ready` to add a further task, the newest, or `deadline` has come.
  ///   Throws: as await().
  std::optional<std::size_t> first_success(char const* what, bool ready, time_point deadline);

  /// Cancels all that still run, and waits until they have ended; shielded.
  void end_all(char const* why) noexcept;

 private:
  struct watch : watcher {
    watch(completions& by, task_record& task_, std::size_t number_) noexcept;
    completions& all;
    record_ref<task_record> const task;
    std::size_t const number;
  };

  static task_core* note(watcher& self, task_core& ended) noexcept;
  static task_core* who_waits(watcher& self) noexcept;
  void line_up(watch& ended) noexcept;
  [[nodiscard]] bool reached(stop_at goal) const noexcept;

  std::deque<watch> watches_;               // by number; a watch keeps its address
  std::unordered_set<task_record*> known_;  // to add_once()
  spin_lock lock_;                          // guards the rest
  list<watcher, list_hook> line_;           // ended, and not yet taken
  std::size_t running_ = 0;
  std::size_t failed_ = 0;  // ever, as is the next
  std::size_t cancelled_ = 0;
  stop_at goal_ = stop_at::all_ended;  // of the one who waits
  wait_queue waiters_{"completions were destroyed while a task waits for them"};
};

/// Ends what a combinator owns, however control leaves it (C8).
struct ending_all {
  completions& owned;
  char const* const why;
  ~ending_all() { owned.end_all(why); }
};

}  // namespace coir::detail
