// SPDX-License-Identifier: BSL-1.0
/// task<R>: the handle of something that runs beside you.

#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <coir/model/task_record.hpp>
#include <coir/task/result.hpp>
#include <coir/time/deadline.hpp>

namespace coir {
namespace detail {

/// Requests a cancel of a task, or settles a promise with one: false if it has ended already.
COIR_EXPORT bool request_cancel(task_record& target, cancel_reason reason) noexcept;

}  // namespace detail

/// What every task<R> offers, whatever its result.
///
/// A handle that spawn() returned owns its task: dropped before the task has ended, it cancels the
/// task and waits for its end, as std::jthread does (G1). The handle of a group's task only refers to
/// it. Dropped by the task itself, a handle detaches.
/// Thread: any, but one handle is used by one thread at a time.  Mirrors: asyncio.Task, std::jthread.
class COIR_EXPORT any_task {
 public:
  any_task() = default;
  any_task(any_task&&) = default;
  any_task& operator=(any_task&& other) noexcept;
  ~any_task() { release(); }

  /// Whether there is a task at all: false when default-made or moved from.
  [[nodiscard]] bool valid() const noexcept { return static_cast<bool>(record_); }

  /// Waits until the task has ended, however it ended: get() tells.
  ///   Blocks: yes; a suspension point even when it has ended.
  ///   Throws: cancelled, which leaves the task alone (C8); std::logic_error inside the task itself.
  void join() const { detail::await_end(record(), never); }

  /// The same, for no longer than `limit`: false if the task had not ended by then.
  template <class Rep, class Period>
  [[nodiscard]] bool join_for(std::chrono::duration<Rep, Period> limit) const {
    return join_until(detail::deadline_after(now(), limit));
  }
  [[nodiscard]] bool join_until(time_point deadline) const {
    return detail::await_end(record(), deadline);
  }

  /// Whether it has ended.
  [[nodiscard]] bool done() const { return detail::has_result(record()); }

  /// Whether it has ended by letting `cancelled` out, or by being cancelled before it began (C7).
  [[nodiscard]] bool cancelled() const {
    return done() && record().how == detail::outcome::cancelled;
  }

  /// What it threw, or null: also null while it has not ended. Asking counts as being told (G3).
  [[nodiscard]] std::exception_ptr exception() const;

  /// Requests a cancel (C1, C2). False if the task has ended already.
  ///   Wakes: the task, if it is parked.
  bool cancel(std::string text = {}) const;

  /// Calls `f` when the task has ended: on the thread that ends it, before those who wait go on, in
  /// order of registration; at once if it has ended. `f` must not block. What it throws goes to the
  /// unhandled-exception handler.
  void on_done(std::function<void()> f) const { detail::add_callback(record(), std::move(f)); }

  /// The name it was given, else "task-ID".
  [[nodiscard]] std::string name() const { return detail::name_of(record()); }
  void set_name(std::string name) const;
  /// Unique in this process.
  [[nodiscard]] std::uint64_t id() const { return record().id; }

  /// For timeout(): waits until the task has ended; when `deadline` or a cancel of the waiter cuts that
  /// short, cancels the task and waits for its real end. True if the deadline has cut it short and
  /// the task gave in.
  ///   Throws: cancelled, once the task has ended.
  bool await_or_end(time_point deadline) const;

  /// For the combinators.
  [[nodiscard]] detail::task_record& record() const;

  /// Lets the task go: its run owns it from now on, and the handle is empty.
  void detach();

 protected:
  explicit any_task(detail::task_record* owned) noexcept : record_(owned) {}

  /// Waits for the end, and throws what the task threw.
  void await_result() const;
  /// Throws what the task threw, if it did. It has ended.
  void throw_error() const;

 private:
  void release() noexcept;

  detail::record_ref<detail::task_record> record_;
};

/// The handle of a task that returns an `R`.
template <class R = void>
class task : public any_task {
 public:
  using value_type = R;

  task() = default;
  /// For the library: takes over a reference.
  explicit task(detail::task_result<R>* owned) noexcept : any_task(owned) {}

  /// Waits for the result. Any number of waiters may ask, any number of times.
  ///   Blocks: yes; a suspension point even when it is there.
  ///   Throws: what the task threw, `cancelled` if it was cancelled; and as join().
  std::add_lvalue_reference_t<R const> get() & {
    await_result();
    return result().peek();
  }

  /// The same, moving the result out: for the last one who asks.
  R get() && {
    await_result();
    return result().take();
  }

  /// For waits with a limit: the same, once the task has ended. No suspension: the wait for it is over,
  /// and has succeeded (C4).
  std::add_lvalue_reference_t<R const> ended_result() const {
    throw_error();
    return result().peek();
  }

 private:
  detail::task_result<R>& result() const { return static_cast<detail::task_result<R>&>(record()); }
};

}  // namespace coir
