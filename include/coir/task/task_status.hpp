// SPDX-License-Identifier: BSL-1.0
/// task_status: how a task says that it is ready, to those who began it with task_group::start().

#pragma once

#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <coir/base/check.hpp>
#include <coir/cancel/timed_scope.hpp>
#include <coir/model/task_record.hpp>

namespace coir {
namespace detail {

/// What start() waits at, and the owner of its task until that has started.
///
/// Until then the task hangs below a scope in start()'s frame, so that a cancel of who waits there
/// goes to the task; then it moves to the group. Whether it moves or is cancelled is decided under
/// the lock of the task in start(), under which cancels are handed down too.
class COIR_EXPORT start_gate final : public task_owner {
 public:
  start_gate(task_owner& group, scope& group_scope) : group_(group), group_scope_(group_scope) {}
  start_gate(start_gate const&) = delete;
  start_gate& operator=(start_gate const&) = delete;

  /// Where the task hangs meanwhile.
  [[nodiscard]] scope& base() noexcept { return waiting_.base(); }

  /// Waits until the task has started, or ended. When the waiter is cancelled, so is the task; then
  /// only its end counts.
  ///   Throws: if it has ended without having started: its failure; cancelled; else
  ///   std::logic_error.
  void await(task_record& child);

  /// Moves the task to the group and wakes who waits, unless the task was cancelled with it.
  void pass() noexcept;

  void child_ended(task_record& child) noexcept override;

 private:
  task_owner& group_;
  scope& group_scope_;
  timed_scope waiting_;
  bool parked_ = false;  // these are guarded by the lock of the task in start()
  bool started_ = false;
  bool ended_ = false;
};

template <class T>
using started_with = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T, class F, class... Args>
class starting_call;

}  // namespace detail

/// Given to a task that task_group::start() began, as its first argument.
template <class T = void>
class task_status {
 public:
  task_status(task_status const&) = delete;
  task_status& operator=(task_status const&) = delete;

  /// Says that the task is ready: start() returns this value (none for void), and the task is the
  /// group's own from now on. If start() has been cancelled meanwhile, nothing happens: the task is
  /// cancelled too, and ends.
  ///   Blocks: never.  Wakes: the one in start().
  ///   Throws: std::logic_error on a second call.
  ///   Thread: the started task, or one that it waits for.
  template <class... Value>
  requires std::constructible_from<detail::started_with<T>, Value...>
  void started(Value&&... value) {
    if (gate_ == nullptr)
      detail::misuse("coir: started() was called a second time; a task starts once");
    value_->emplace(std::forward<Value>(value)...);
    std::exchange(gate_, nullptr)->pass();
  }

 private:
  template <class, class, class...>
  friend class detail::starting_call;
  task_status(detail::start_gate& gate, std::optional<detail::started_with<T>>& value) noexcept
      : gate_(&gate), value_(&value) {}

  detail::start_gate* gate_;  // null once started; both lie in start()'s frame
  std::optional<detail::started_with<T>>* value_;
};

namespace detail {

/// A call of `f(status, args…)`, kept by value until its task begins.
template <class T, class F, class... Args>
class starting_call {
 public:
  using result = void;

  template <class G, class... Given>
  starting_call(std::in_place_t, start_gate& gate, std::optional<started_with<T>>& value, G&& f,
                Given&&... args)
      : status_(gate, value), parts_(std::forward<G>(f), std::forward<Given>(args)...) {}

  void operator()() && {
    std::apply([&](F& f, Args&... args) { std::invoke(std::move(f), status_, std::move(args)...); },
               parts_);
  }

 private:
  task_status<T> status_;
  std::tuple<F, Args...> parts_;
};

template <class R, class T, class... Args>
T value_of_status(std::function<R(task_status<T>&, Args...)> const&);

/// The T of a function whose first parameter is a task_status<T>&.
template <class F>
using started_value = decltype(value_of_status(std::function(std::declval<std::decay_t<F>>())));

}  // namespace detail
}  // namespace coir
