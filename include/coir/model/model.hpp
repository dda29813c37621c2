// SPDX-License-Identifier: BSL-1.0
/// The models, and the options of a run.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include <coir/base/config.hpp>
#include <coir/base/source_line.hpp>
#include <coir/time/clock.hpp>

namespace coir {

/// What a task is during one run.
enum class model {
  serial,        ///< a call, run to its end when spawned: the baseline
  fibers,        ///< a stackful fiber on a worker thread
  boost_fibers,  ///< a boost::fibers::fiber, on one thread of the run's own
  threads,       ///< an OS thread from a cache
  processes,     ///< an OS process, made by a fork server
};

/// The model's name, as it is written in code: "fibers".
COIR_EXPORT char const* to_string(model kind) noexcept;

/// Whether this build of coir can run on it: boost_fibers needs Boost.Fiber.
COIR_EXPORT bool is_available(model kind) noexcept;

/// What a run in real time does when nothing can run any more: every task waits, none for a time.
///
/// A plain thread that holds an event or a queue may still wake a task, and no run can know of it:
/// choose `fail` where no such thread is. In virtual time such a run always fails.
enum class when_stuck {
  wait,    ///< sleep, for somebody outside may end a wait
  report,  ///< the same, after a warning that says who waits for what
  fail,    ///< cancel every task and throw `deadlock`, which says who waits for what
};

class tracer;

/// How run() runs.
struct run_options {
  coir::model model = model::fibers;  ///< what a task is
  std::size_t workers = 1;            ///< fibers: worker threads; one, in this version
  std::size_t stack_size = 0;         ///< bytes each task may use; 0: 240 KiB for a fiber, and the
                                      ///< system's default (`ulimit -s`) for a thread
  virtual_clock* clock = nullptr;     ///< fibers: a virtual clock; null: real time
  std::uint64_t seed = 0;  ///< fibers: makes random which of the ready tasks run next, as
                           ///< this number alone decides; 0: first come, first served
  coir::when_stuck when_stuck = coir::when_stuck::wait;  ///< fibers: when nothing can run any more
  bool handle_sigint = true;  ///< a first SIGINT cancels main, and run() throws `interrupted`; a
                              ///< second one ends the program. Only on the program's main thread,
                              ///< in no other run, and if SIGINT would have ended the program
  std::chrono::nanoseconds grace =
      std::chrono::seconds(5);      ///< how long the run waits at its end for what it cannot
                                    ///< cancel, calls of offload() that were abandoned, before
                                    ///< it warns and returns; zero: it does neither
  std::size_t offload_threads = 0;  ///< how many calls of offload() run at the same time; 0: as
                                    ///< many as there are CPUs and 4 more, at most 32
  tracer* trace = nullptr;          ///< is told of each step of each task; null: costs nothing
  bool debug = false;  ///< tasks note where they were spawned and since when they wait,
                       ///< for dumps and deadlocks; so do those of a run with a tracer
                       ///< or a slow_step
  std::chrono::nanoseconds slow_step{0};  ///< fibers, boost_fibers: warn of a task that keeps the
                                          ///< others from running for longer than that; zero: never
};

/// How one task is spawned.
struct spawn_options {
  std::string name = {};                    ///< in messages and dumps; empty: "task-ID"
  std::size_t stack_size = 0;               ///< bytes it may use; 0: as the run's options say
  source_line where = source_line::here();  ///< where the options were written: for dumps
};

/// The model of the run that the calling task belongs to.
///   Throws: std::logic_error outside of a run.
COIR_EXPORT model current_model();

}  // namespace coir
