// SPDX-License-Identifier: BSL-1.0
/// What every model's run has: its live tasks, and the end of a task.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <coir/model/task_info.hpp>
#include <coir/model/task_record.hpp>
#include <coir/timer/timer.hpp>

#include "model/interruption.hpp"
#include "model/lull.hpp"
#include "wait/outside.hpp"

namespace coir::detail {

/// A number that no other task or promise of this process has.
std::uint64_t next_task_id() noexcept;

/// From now on numbers count from `first`, a multiple of many: in a copy of the process, before it has
/// a second thread.
void restart_task_ids(std::uint64_t first) noexcept;

/// run_main() for the task of another process's run, which has a number and a name already. True if SIGINT
/// has come and run() is to answer it.
bool run_as_task(run_options const& options, task_record& main, std::uint64_t id, std::string name);

/// What a new task of a run on `kind` is.
birth birth_in(model kind, bool observed) noexcept;

class far_waits;
class runtime;
class watch;

/// Where a task was spawned.
struct spawn_site {
  source_line where{};         // if that is known,
  void const* from = nullptr;  // else the code; null: nor that
};

/// Makes a task of `run` begin, from the run's own thread.
///   Throws: as launch().
void launch_in(runtime& run, task_record& fresh, spawn_site site = {}, std::size_t stack_size = 0,
               scope* parent = nullptr, task_owner* owner = nullptr);

/// One run. A model derives from it and says how a task begins.
/// Thread: as each model says; the base's own members, any.
class runtime {
 public:
  runtime(runtime const&) = delete;
  runtime& operator=(runtime const&) = delete;

  [[nodiscard]] model kind() const noexcept { return kind_; }
  [[nodiscard]] run_options const& options() const noexcept { return options_; }

  /// How big a task's stack is when nobody has said so; 0: as the system has it.
  [[nodiscard]] std::size_t usual_stack_size() const noexcept { return usual_stack_size_; }

  /// Who looks on at this run; null: nobody.
  [[nodiscard]] watch* watching() const noexcept { return watch_.get(); }

  /// SIGINT, as far as this run handles it.
  ///   Thread: that of the caller of run().
  [[nodiscard]] interruption& interrupts() noexcept { return interrupts_; }

  /// Enters a fresh task into the run, which holds one reference to it until it has ended.
  void adopt(task_record& fresh) noexcept;

  /// Undoes adopt() for a task that could not begin.
  void disown(task_record& never_begun) noexcept;

  /// Makes a task begin, now or soon.
  ///   Throws: std::system_error when the model cannot carry one more.
  virtual void start(task_record& fresh) = 0;

  /// Tells the model that a task has ended; nobody touches the run on that task's behalf any more.
  /// `left`: how many still live.
  virtual void task_left(std::size_t left) noexcept = 0;

  /// Counts up from the run's seed, for choices that are to be fair: in each run with the same seed the
  /// same ones, in the same order.
  [[nodiscard]] std::uint32_t next_turn() noexcept {
    return turns_.fetch_add(1, std::memory_order_relaxed);
  }

  /// The eventfd that ends the sleep of this run's worker; -1 when it has none.
  [[nodiscard]] virtual int bell() const noexcept { return -1; }

  /// Waits of its fibers that another process ends, which then rings that bell; null: this run has none.
  ///   Thread: the run's worker's.
  [[nodiscard]] virtual far_waits* far() noexcept { return nullptr; }

  /// The world outside of this run. Null at first; `make` makes it when it is first needed.
  ///   Thread: world(), where tasks run one at a time only; world(make), any task's.
  [[nodiscard]] std::shared_ptr<outside> const& world() const noexcept { return world_; }
  std::shared_ptr<outside> world(std::shared_ptr<outside> (*make)(runtime& run));

  /// The last act of a run: nobody outside reaches it from now on.
  void close_world() noexcept;

  /// The life of one task, from its first step to its end, on the stack it runs on. The record may
  /// be gone afterwards.
  static void live(task_record& task) noexcept;

  /// The same, and notes where an exception comes from that its function throws.
  static void live_traced(task_record& task) noexcept;

  /// One of these, on the calling thread, with `timers` for its deadlines.
  static void live_here(task_record& task, timer_queue& timers,
                        void (*life)(task_record& task) noexcept = &live) noexcept;

  /// The same for a task that has begun elsewhere and ended there: `end`, called here in the place of
  /// its function, returns or throws what that one did.
  static void live_on(task_record& task, void (*end)(task_record& self)) noexcept;

  /// Ends a task that was never in a run, and never will be, with `error`.
  static void refuse(task_record& task, std::exception_ptr error) noexcept;

  /// What every live task is doing, oldest first. On threads each is seen at a moment of its own.
  ///   Thread: that of a task of this run, or of the run itself.
  [[nodiscard]] std::vector<task_info> snapshot();

  /// Those who wait until nothing else can go on.
  [[nodiscard]] lull& quiet() noexcept { return quiet_; }

  /// On threads: if all tasks but those in quiet() were parked at one moment, how many waits they had
  /// begun, so that whoever finds the same number again knows that they have been parked since.
  [[nodiscard]] std::optional<std::uint64_t> waits_if_all_parked() noexcept;

  /// Counts what the run has seen so far, and what its tasks are doing.
  ///   Thread: as snapshot().
  [[nodiscard]] run_statistics statistics();

 protected:
  /// Adds what only the model knows.
  virtual void count(run_statistics&) noexcept {}

  runtime(model kind, run_options const& options);
  ~runtime();

  /// Cancels every live task, and all that are spawned from now on (G1).
  void shut_down() noexcept;

  [[nodiscard]] std::size_t live_count() noexcept;

  interruption interrupts_;

  /// Who waits in what and for whom, a line each, and who do so in a circle.
  [[nodiscard]] std::string describe_waits();

  /// The timers of the thread that called run(): deadlines around the run, which nobody else serves
  /// while the run has that thread. Whoever keeps the thread busy fires them.
  ///   Thread: the caller's of run().
  timer_queue& around_;

 private:
  [[nodiscard]] std::vector<record_ref<task_record>> live_tasks();
  static void note_begin(task_record& task) noexcept;
  static void note_exception(task_record& task, outcome how) noexcept;
  static void not_finished(task_record& task, outcome how) noexcept;
  static void conclude(task_record& task) noexcept;
  static void live_in_vain(task_record& task) noexcept;
  static void cancel_for_shutdown(task_record& task) noexcept;
  void let_go(task_record& ended) noexcept;
  std::size_t let_last_go(task_record& ended) noexcept;

  model const kind_;
  run_options const options_;
  std::size_t const usual_stack_size_;
  std::unique_ptr<watch> const watch_;  // null: nobody looks on
  spin_lock lock_;                      // guards the rest
  list<task_record, live_hook> tasks_;  // all that have not ended
  std::size_t adopted_ = 0;             // ever
  std::size_t ended_ = 0;  // of these, and their results have been destroyed if need be
  std::shared_ptr<outside> world_;
  lull quiet_;  // has a lock of its own
  bool shutting_down_ = false;
  std::atomic<std::uint32_t> turns_;  // not guarded, as the next two
  std::atomic<std::size_t> failed_{0};
  std::atomic<std::size_t> cancelled_{0};
};

// Implementation of what each task goes through.

inline void runtime::adopt(task_record& fresh) noexcept {
  fresh.run = this;
  fresh.add_ref();
  bool late;
  {
    std::lock_guard<spin_lock> const held(lock_);
    tasks_.push_back(fresh);
    ++adopted_;
    late = shutting_down_;
  }
  if (late) [[unlikely]]
    cancel_for_shutdown(fresh);
}

// A part of who lets tasks live: one call less on the stack is one return less that the processor cannot
// foresee when tasks take turns.

inline void runtime::live(task_record& task) noexcept {
  if (task.interrupted.load(std::memory_order_acquire) || task.error != nullptr) [[unlikely]]
    return live_in_vain(task);
  live_on(task, task.type().invoke);
}

inline void runtime::live_on(task_record& task, void (*function)(task_record& self)) noexcept {
  if (task.observed) [[unlikely]]
    note_begin(task);
  try {
    function(task);
    task.how = outcome::finished;
  } catch (cancelled const&) {
    note_exception(task, outcome::cancelled);
  } catch (...) {
    note_exception(task, outcome::failed);
  }
  conclude(task);
}

}  // namespace coir::detail
