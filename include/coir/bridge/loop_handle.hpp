// SPDX-License-Identifier: BSL-1.0
/// loop_handle: how threads that know nothing of a run's tasks give it work.

#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <coir/model/task_record.hpp>
#include <coir/task/portable_call.hpp>
#include <coir/task/task.hpp>
#include <coir/task/task_state.hpp>

namespace coir {

/// Thrown by a loop_handle whose run has ended, or is at its end: nothing was posted.
class COIR_EXPORT loop_closed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

class door;

/// Something that a run is to do. Once it has been handed over it is done, or told why not.
class COIR_EXPORT posted_call {
 public:
  posted_call();
  posted_call(posted_call const&) = delete;
  posted_call& operator=(posted_call const&) = delete;
  virtual ~posted_call() = default;

  /// Does it. Called once, by a task of the run.
  virtual void make() = 0;
  /// The run will never do it: for a call that somebody waits for.
  virtual void refuse() noexcept {}

  locals_ref locals;  // of who has posted it
  std::unique_ptr<posted_call> next;
};

/// Hands `call` over, behind all that the same thread has.
///   Throws: loop_closed, and then it will not be made.
COIR_EXPORT void post_call(door& way, std::unique_ptr<posted_call> call);

/// What a task of the run that `way` leads to is.
COIR_EXPORT birth birth_behind(door& way) noexcept;

/// Gives a record that is to be submitted its number.
COIR_EXPORT void prepare_submitted(task_record& fresh) noexcept;

/// Makes a task begin that was submitted; one that cannot begin ends with the error that says why.
COIR_EXPORT void launch_submitted(task_record& fresh) noexcept;

/// Ends a task that was submitted and never will begin.
COIR_EXPORT void refuse_submitted(task_record& fresh) noexcept;

template <class F>
class posted_function final : public posted_call {
 public:
  template <class G>
  explicit posted_function(G&& f) : f_(std::forward<G>(f)) {}
  void make() override { std::invoke(std::move(f_)); }

 private:
  F f_;
};

class submitted_task final : public posted_call {
 public:
  explicit submitted_task(record_ref<task_record> fresh) noexcept : fresh_(std::move(fresh)) {}
  void make() override { launch_submitted(*fresh_); }
  void refuse() noexcept override { refuse_submitted(*fresh_); }

 private:
  record_ref<task_record> fresh_;
};

}  // namespace detail

/// Gives a run work from any thread: one of no run, one of an offloaded call, one of another run.
///
/// Copies lead to the same run. While one lives, somebody out there may yet do something: a virtual
/// clock stands still and no run is called stuck for good (S5), on `serial` waits last. So let the last
/// one go, also in the run's own tasks, when no more work will come. A handle may outlive its run.
///
/// What one thread posts and submits begins in that order; it sees that thread's task_locals. On
/// `serial` it runs while a task waits or yields, on that task's stack, one call at a time.
/// Thread: any, but one handle is used by one thread at a time.
/// Mirrors: asyncio's call_soon_threadsafe and run_coroutine_threadsafe, trio.lowlevel.TrioToken.
class COIR_EXPORT loop_handle {
 public:
  /// The handle of the calling task's run.
  ///   Throws: std::logic_error outside of a task; std::system_error when there can be no task for
  ///   what will be posted.
  [[nodiscard]] static loop_handle current();

  loop_handle(loop_handle const& other) noexcept;
  loop_handle(loop_handle&& other) noexcept = default;
  loop_handle& operator=(loop_handle other) noexcept {
    door_.swap(other.door_);
    return *this;
  }
  ~loop_handle();

  /// Lets the run call `f()`, and does not wait for it. Calls posted to a run are made one after
  /// another by one task: a call that waits for long keeps those behind it waiting, so submit() that.
  ///
  /// It is called, even when the run ends meanwhile: then its suspension points throw `cancelled`.
  /// What it throws goes to the unhandled-exception handler (G3), but for `cancelled`.
  ///   Blocks: never.
  ///   Throws: loop_closed, and then `f` will not be called.
  template <class F>
  requires std::invocable<std::decay_t<F>>
  void post(F&& f) const {
    detail::post_call(
        way(), std::make_unique<detail::posted_function<std::decay_t<F>>>(std::forward<F>(f)));
  }

  /// Starts `f(args…)` as a task of the run; arguments are copied or moved, as spawn() does. The handle
  /// is used as any other, from the thread at hand: get() waits, on a plain thread too, and dropping it
  /// cancels and waits (G1).
  ///
  /// A call that the run's end comes before is cancelled; one for which there is no stack or thread
  /// fails with what spawn() would have thrown.
  ///   Blocks: never.
  ///   Throws: loop_closed, and then `f` will not be called.
  template <class F, class... Args>
  requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
  [[nodiscard]] auto submit(F&& f, Args&&... args) const {
    using call = detail::bound<F, Args...>;
    using record = detail::task_state<call>;
    detail::record_ref<record> fresh(new record(detail::type_of_spawned<call>,
                                                detail::birth_behind(way()), std::in_place,
                                                std::forward<F>(f), std::forward<Args>(args)...));
    detail::prepare_submitted(*fresh);
    fresh->add_ref();
    detail::post_call(way(), std::make_unique<detail::submitted_task>(
                                 detail::record_ref<detail::task_record>(fresh.get())));
    return task<typename call::result>(fresh.release());
  }

 private:
  explicit loop_handle(std::shared_ptr<detail::door> way) noexcept;
  [[nodiscard]] detail::door& way() const;

  std::shared_ptr<detail::door> door_;  // null once moved from
};

}  // namespace coir
