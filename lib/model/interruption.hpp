// SPDX-License-Identifier: BSL-1.0
/// SIGINT, as a cancel of a run's main task (G5).

#pragma once

#include <cstddef>

#include <pthread.h>

#include <coir/base/spin_lock.hpp>
#include <coir/model/task_record.hpp>

#include "wait/waking_signal.hpp"

namespace coir::detail {

/// Between begin() and end(), the first SIGINT cancels the run's main task.
///
/// The signal's handler writes an eventfd and does nothing else: which task sleeps where, and what is half
/// done when a signal comes, is nothing it could find out. Who reads the eventfd depends on the model: the worker
/// of `fibers` looks between turns and in its sleep, and `serial` when it waits or yields, so that
/// both keep to one thread. Other models have a thread that does nothing else.
/// With the first SIGINT the system's own answer is back in place. So a second one ends the program,
/// even if nobody looks.
/// Thread: the program's main thread.
class interruption final : public waking_signal {
 public:
  interruption() = default;
  interruption(interruption const&) = delete;
  interruption& operator=(interruption const&) = delete;
  ~interruption() { end(); }

  /// Handles SIGINT for `main` from now on, if this is the program's main thread and SIGINT would
  /// end the program: it is neither ignored nor handled by others.
  ///   Throws: std::system_error when there is no eventfd.
  void begin(task_record& main);

  /// Leaves SIGINT as it was, unless somebody has changed it meanwhile. True if it has come.
  bool end() noexcept;

  [[nodiscard]] bool is_on() const noexcept { return on_; }

  /// The descriptor that is readable once SIGINT has come.
  [[nodiscard]] int bell() const noexcept;

  /// Has SIGINT come? Then main is cancelled.
  void look() noexcept;
  void look_now_and_then(time_point now) noexcept override;

  /// From now on a thread looks. Where none can be had, SIGINT is not handled.
  void look_elsewhere() noexcept override;

  bool sleep(time_point until) noexcept override;

  /// A task of `serial` while it runs, as a call of the one that has spawned it.
  ///
  /// Main, which waits in spawn() meanwhile, cannot end what it owns. So its cancel goes on to the call
  /// that it is in, from that to the next one, and to those that are begun later, as far as it reaches
  /// in each of them.
  class call {
   public:
    call(interruption& in, task_record& task) noexcept;
    call(call const&) = delete;
    call& operator=(call const&) = delete;
    ~call();

   private:
    friend class interruption;
    interruption& in_;
    record_ref<task_record> const task_;
    call* const outer_;      // null: it is main's
    call* inner_ = nullptr;  // the call that it is in
    bool told_;              // the cancel has gone on to it
  };

  /// Whether main, which has ended, has left the answer to run(): it was cancelled for SIGINT alone,
  /// or has returned without knowing of it.
  [[nodiscard]] bool is_unanswered() const noexcept;

  /// How many threads of this process look for SIGINT: none or one.
  ///   Thread: any.
  static std::size_t listeners() noexcept;

 private:
  static void* listen(void* self) noexcept;
  void note() noexcept;
  void reach_calls() noexcept;

  task_record* main_ = nullptr;
  bool on_ = false;
  bool listening_ = false;
  bool came_ = false;
  bool requested_ = false;  // main was cancelled by us
  time_point last_look_{};
  pthread_t listener_{};
  spin_lock lock_;  // guards the rest, and the links of the calls
  call* first_ = nullptr;
  call* last_ = nullptr;
  bool reaches_calls_ = false;
};

}  // namespace coir::detail
