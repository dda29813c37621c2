// SPDX-License-Identifier: BSL-1.0
/// Being told what the tasks of a run do, as they do it.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <coir/base/config.hpp>

namespace coir {

namespace detail {
struct task_core;
}

/// What has happened to a task.
enum class trace_point : unsigned char {
  spawned,  ///< it was spawned, by `by`, and does not run yet
  begun,    ///< its function is about to be called
  parked,   ///< it is about to wait in `about`, like "queue::get"; its wait can be ended already
  woken,    ///< its wait was ended by `by`, and it cannot have gone on yet; `about` is "fulfilled",
            ///< "timed_out" or "cancelled"
  resumed,  ///< it goes on, after a wait or a yield
  yielded,  ///< it gives up its turn, and goes on when its turn comes
  ended,    ///< it has ended; `about` is "finished", "failed" or "cancelled"
};

/// The point's name, as it is written in code: "parked".
COIR_EXPORT char const* to_string(trace_point what) noexcept;

/// One step in the life of a task.
struct trace_event {
  trace_point what;
  std::uint64_t task;  ///< its id
  std::uint64_t by;    ///< spawned, woken: the id of the task that did it; 0: a deadline did, or a
                       ///< thread that is no task
  std::string_view about;  ///< see trace_point; else empty. A literal: it may be kept
  detail::task_core* core;

  /// The name it was given, else "task-ID".
  [[nodiscard]] COIR_EXPORT std::string name() const;
};

/// Is told of every step of every task of the runs that it was given to by run_options::trace; on
/// `processes` of what is seen from outside of them: that a task is spawned, begins, is woken, ends.
/// What it is told happens at that very moment: a task that has parked is not woken, and one that was
/// woken does not go on, before on_event() has returned. So it may well do something in between, as a
/// test does that forces a race: cancel a task, set an event, try_put(); but nothing that waits.
/// One that throws is not told of anything any more, after a warning, and the run goes on.
/// Thread: of whoever takes the step; `threads`, `processes`: several.  Mirrors: trio's Instrument.
class COIR_EXPORT tracer {
 public:
  virtual ~tracer() = default;
  virtual void on_event(trace_event const& event) = 0;
};

}  // namespace coir
