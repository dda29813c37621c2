// SPDX-License-Identifier: BSL-1.0
/// task_group: tasks that end before the block that spawned them does.

#pragma once

#include <concepts>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <coir/cancel/timed_scope.hpp>
#include <coir/task/exception_group.hpp>
#include <coir/task/spawn.hpp>
#include <coir/task/task_status.hpp>
#include <coir/task/this_task.hpp>

namespace coir {

/// Owns the tasks spawned in it; none of them outlives it.
///
/// The first failure cancels the other tasks and the body (G2). group() is the usual way to make one;
/// a bare one is joined by join(), and cancelled and joined by its destructor.
/// Thread: made, joined and destroyed by one task; spawn() and cancel() from any task of the run.
/// Mirrors: asyncio.TaskGroup, trio's nursery.
class COIR_EXPORT task_group final : private detail::task_owner {
 public:
  task_group() = default;
  task_group(task_group const&) = delete;
  task_group& operator=(task_group const&) = delete;
  ~task_group();

  /// Starts `f(args…)` in this group. The handle only refers to the task: it may be dropped.
  /// In a group that is being cancelled the task never begins (C7).
  ///   Throws: std::logic_error once the group has been joined; std::system_error as coir::spawn().
  template <class F>
  requires std::invocable<std::decay_t<F>>
  auto spawn(F&& f, source_line where = source_line::here()) {
    return spawn(spawn_options{.where = where}, std::forward<F>(f));
  }
  template <class F, class First, class... Rest>
  requires std::invocable<std::decay_t<F>, std::decay_t<First>, std::decay_t<Rest>...>
  auto spawn(F&& f, First&& first, Rest&&... rest) {
    return spawn(spawn_options{.where = {}}, std::forward<F>(f), std::forward<First>(first),
                 std::forward<Rest>(rest)...);
  }
  template <class F, class... Args>
  requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
  auto spawn(spawn_options options, F&& f, Args&&... args) {
    admission entry(*this);
    auto handle = detail::spawn_as<detail::bound<F, Args...>>(
        "task_group::spawn()", std::move(options), &scope_.base(), this, std::in_place,
        std::forward<F>(f), std::forward<Args>(args)...);
    entry.admitted = true;
    return handle;
  }

  /// Starts `f(status, args…)` in this group, waits until it has called `status.started(value)`, and
  /// returns the value: for a server that is to be reachable before its clients begin.
  ///
  ///     int const port = group.start([](coir::task_status<int>& status) {
  ///       …
  ///       status.started(port);
  ///       serve();
  ///     });
  ///
  /// Until it has started, it is start()'s own: its failure is thrown here and does not touch the group,
  /// and a cancel of the caller goes to it. Then it is the group's, with a group's cancel if there was
  /// one. The group stays open for it meanwhile.
  ///   Blocks: until it has started or ended; a suspension point always.
  ///   Throws: what it threw before it started; cancelled, once it has ended; std::logic_error if it
  ///   returned without having started, and as spawn().
  ///   Mirrors: trio's nursery.start.
  template <class F, class... Args>
  auto start(F&& f, Args&&... args) -> detail::started_value<F> {
    return start(spawn_options{.where = {}}, std::forward<F>(f), std::forward<Args>(args)...);
  }
  template <class F, class... Args>
  auto start(spawn_options options, F&& f, Args&&... args) -> detail::started_value<F> {
    using value_type = detail::started_value<F>;
    this_task::checkpoint();
    admission entry(*this);
    std::optional<detail::started_with<value_type>> value;
    detail::start_gate gate(*this, scope_.base());
    auto const child =
        detail::spawn_as<detail::starting_call<value_type, std::decay_t<F>, std::decay_t<Args>...>>(
            "task_group::start()", std::move(options), &gate.base(), &gate, std::in_place, gate,
            value, std::forward<F>(f), std::forward<Args>(args)...);
    gate.await(child.record());
    entry.admitted = true;
    return static_cast<value_type>(*std::move(value));
  }

  /// Cancels the body and every task of the group, which then ends without an error. Idempotent.
  void cancel(std::string text = {});

  /// Waits for every task, then closes the group.
  ///   Blocks: yes; a suspension point even when no task is left.
  ///   Throws: exception_group if a task failed; cancelled for a cancel from outside. In both cases
  ///   every task has ended. std::logic_error if another task has made the group.
  void join();

  /// Whether it has been joined.
  [[nodiscard]] bool closed() const noexcept { return closed_; }

  /// For group(): notes that the body failed, and cancels the tasks.
  void body_failed(std::exception_ptr error);
  /// For group(): notes that `cancelled` ended the body, and cancels the tasks.
  void body_cut_short(cancel_reason reason) noexcept;
  /// For group(): waits for every task and throws what there is to throw. True if a `cancelled` that
  /// ended the body was the group's own.
  bool finish();
  /// For gather(): the same, but throws the first failure itself, and no cancel: its tasks tell.
  void finish_with_first();

 private:
  /// Counts a task in before it is spawned, and out again if it does not become the group's.
  struct admission {
    explicit admission(task_group& group);
    ~admission() {
      if (!admitted) group.one_less();
    }
    task_group& group;
    bool admitted = false;
  };

  void child_ended(detail::task_record& child) noexcept override;
  COIR_COLD void child_failed(detail::task_record& child) noexcept;
  void one_less(detail::scope* leaving = nullptr) noexcept;
  void check_owner() noexcept;
  void wait_for_children() noexcept;
  std::vector<std::exception_ptr> take_errors();

  detail::timed_scope scope_;
  std::size_t children_ = 0;  // alive; these are guarded by the owner's lock
  bool joining_ = false;      // the owner is parked for children_ == 0
  bool closed_ = false;
  detail::list<detail::scope, detail::list_hook> failed_;  // root scopes of failed tasks, in order
  std::exception_ptr body_error_;
  std::size_t failed_before_body_ = 0;  // tasks in failed_ that had ended when the body failed
  bool foreign_ = false;  // `cancelled` ended the body, and nothing here had been cancelled
};

/// Runs `f(task_group&)` and waits for every task that was spawned in the group. Returns f's result.
///
///   Blocks: until all have ended; a suspension point always.
///   Throws: exception_group if the body or a task failed; cancelled for a cancel from outside. After
///   task_group::cancel() it just returns, unless the body owes a result: then it throws cancelled.
template <std::invocable<task_group&> F>
std::invoke_result_t<F, task_group&> group(F&& f) {
  using result = std::invoke_result_t<F, task_group&>;
  task_group tasks;
  std::exception_ptr cut_short;
  try {
    if constexpr (std::is_void_v<result>) {
      std::invoke(std::forward<F>(f), tasks);
      tasks.finish();
      return;
    } else {
      result value = std::invoke(std::forward<F>(f), tasks);
      tasks.finish();
      return static_cast<result&&>(value);
    }
  } catch (cancelled const& c) {
    cut_short = std::current_exception();
    if (!tasks.closed()) tasks.body_cut_short(c.reason());
  } catch (...) {
    if (tasks.closed()) throw;
    tasks.body_failed(std::current_exception());
  }
  // Outside of the handlers: what is thrown now is not thrown while another is being handled.
  if (tasks.closed()) std::rethrow_exception(cut_short);
  bool const own = tasks.finish();
  if constexpr (std::is_void_v<result>) {
    if (own) return;
  }
  std::rethrow_exception(cut_short);
}

}  // namespace coir
