// SPDX-License-Identifier: BSL-1.0
/// promise<T> and future<T>: a result that somebody will give, and the handle to wait for it with.

#pragma once

#include <chrono>
#include <concepts>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>

#include <coir/cancel/cancel_scope.hpp>
#include <coir/model/task_record.hpp>
#include <coir/task/result.hpp>
#include <coir/task/task.hpp>

namespace coir {
namespace detail {

/// The record of a promise: a task that nobody runs, parked until somebody claims its end.
///
/// Who wins the claim sets the result: that is why a promise is settled once, whoever comes at the same
/// time, and why a cancel and a value cannot both win.
template <class T>
struct promise_state final : task_result<T> {
  promise_state() : task_result<T>(task_kind::promise, kind_of_record, 0) {}

 private:
  static constexpr task_type kind_of_record{
      {[](task_core& self) noexcept {
        delete static_cast<promise_state*>(static_cast<task_record*>(&self));
      }},
      nullptr,
      nullptr};
};

/// Makes a fresh record that of a pending promise.
COIR_EXPORT void open_promise(task_record& fresh, std::string name);

/// Wins the right to settle it, and the duty to call finish_settling(): true for one caller.
COIR_EXPORT bool begin_settling(task_record& promised) noexcept;
/// In a handler: the exception is the result. `cancelled` is a cancel.
COIR_EXPORT void settle_with_current_exception(task_record& promised) noexcept;
/// Lets everybody see the result: callbacks, then those who wait, oldest first.
COIR_EXPORT void finish_settling(task_record& promised) noexcept;

/// Settles it with a cancel: false if it was settled before.
COIR_EXPORT bool cancel_promise(task_record& promised, cancel_reason reason) noexcept;
/// Settles it with broken_promise, if nobody has settled it.
COIR_EXPORT void break_promise(task_record& promised) noexcept;
[[noreturn]] COIR_EXPORT void settled_before(task_record& promised);
[[noreturn]] COIR_EXPORT void no_promise();
COIR_EXPORT void require_exception(std::exception_ptr const& error);

/// Whether a T can be made from `Value...`: nothing for void, an lvalue for a reference.
template <class T, class... Value>
inline constexpr bool settles = std::is_constructible_v<T, Value...>;
template <class... Value>
inline constexpr bool settles<void, Value...> = sizeof...(Value) == 0;

}  // namespace detail

template <class T>
class promise;

/// Waits for what a promise<T> is given. Copies refer to the same result.
///
/// It has all that the handle of a task has, and goes wherever one goes: into wait(), as_completed(),
/// gather(), timeout(). The last result stays with it: get() may be asked by any number of tasks and
/// plain threads. Dropping it cancels nothing. From the moment the result is there done() is true and
/// get() does not wait, in callbacks too; who waited already goes on after the callbacks.
///
/// cancel() settles it: those who wait for it get `cancelled`, although nobody has cancelled them. Their
/// scopes are untouched, so the next wait is undisturbed, and cancelled() here is true.
/// Thread: any, but one handle is used by one thread at a time.
/// Mirrors: asyncio.Future, std::shared_future.
template <class T = void>
class future : public task<T> {
 public:
  future() = default;
  future(future const& other) noexcept : task<T>(other.another()) {}
  future(future&&) noexcept = default;
  future& operator=(future const& other) noexcept { return *this = future(other); }
  future& operator=(future&&) noexcept = default;

  /// Waits until it is settled, however; as join().
  void wait() const { this->join(); }
  template <class Rep, class Period>
  [[nodiscard]] bool wait_for(std::chrono::duration<Rep, Period> limit) const {
    return this->join_for(limit);
  }
  [[nodiscard]] bool wait_until(time_point deadline) const { return this->join_until(deadline); }

  /// A copy of the result, or nullopt if it was not there in time, which leaves all as it was. For
  /// void: true or false; for references: a pointer or null.
  ///   Throws: as get().
  template <class Rep, class Period>
  typename detail::cut_short<T>::type get_for(std::chrono::duration<Rep, Period> limit) {
    return get_until(detail::deadline_after(now(), limit));
  }
  typename detail::cut_short<T>::type get_until(time_point deadline) {
    if (!this->join_until(deadline)) return {};
    if constexpr (std::is_void_v<T>) {
      this->ended_result();
      return true;
    } else if constexpr (std::is_reference_v<T>) {
      return &this->ended_result();
    } else {
      return this->ended_result();
    }
  }

 private:
  friend class promise<T>;
  explicit future(detail::task_result<T>* owned) noexcept : task<T>(owned) {}

  detail::task_result<T>* another() const noexcept {
    if (!this->valid()) return nullptr;
    auto& shared = static_cast<detail::task_result<T>&>(this->record());
    shared.add_ref();
    return &shared;
  }
};

/// Gives a result, once, to everybody who has a future of it.
///
/// The first to settle it wins: by a value, an exception, or a cancel of a future. Later ones get a
/// std::logic_error, or false from the try_ forms, and change nothing. Destroyed unsettled, it is
/// broken: those who wait get broken_promise. An exception that nobody asks for goes to the
/// unhandled-exception handler (G3); broken_promise does not, for then nobody wanted anything.
/// Thread: any, at the same time too; move and destroy it when nobody else is at it.
/// Mirrors: asyncio.Future's set_result, std::promise.
template <class T = void>
class promise {
 public:
  /// `name`: in messages; empty: "promise-ID".
  explicit promise(std::string name = {}) : state_(new detail::promise_state<T>) {
    detail::open_promise(*state_, std::move(name));
  }
  promise(promise&&) noexcept = default;
  promise& operator=(promise&& other) noexcept {
    promise taken(std::move(other));
    std::swap(state_, taken.state_);
    return *this;
  }
  ~promise() {
    if (state_) detail::break_promise(*state_);
  }

  /// A handle to wait with; any number of them.
  [[nodiscard]] future<T> get_future() const {
    state().add_ref();
    return future<T>(&state());
  }

  /// Settles it with a value, made in its place from `value...`; none for void. If making it throws,
  /// that exception is the result.
  ///   Blocks: never.  Wakes: all who wait, in the order they came, after the callbacks have run here.
  ///   Throws: std::logic_error if it has been settled before.
  template <class... Value>
  requires detail::settles<T, Value...>
  void set_value(Value&&... value) {
    if (!try_set_value(std::forward<Value>(value)...)) detail::settled_before(state());
  }
  /// The same, for one who may come too late: false if it has been settled before.
  template <class... Value>
  requires detail::settles<T, Value...>
  [[nodiscard]] bool try_set_value(Value&&... value) {
    return settle([&]() -> T { return T(std::forward<Value>(value)...); });
  }

  /// Settles it with an exception, which is not null. `cancelled` counts as a cancel.
  ///   As set_value(); std::invalid_argument for null.
  void set_exception(std::exception_ptr error) {
    if (!try_set_exception(std::move(error))) detail::settled_before(state());
  }
  [[nodiscard]] bool try_set_exception(std::exception_ptr error) {
    detail::require_exception(error);
    return settle([&]() -> T { std::rethrow_exception(std::move(error)); });
  }

  /// Whether it has been settled.
  [[nodiscard]] bool done() const { return detail::has_result(state()); }
  /// Whether it was settled by a cancel: nobody wants the value any more.
  [[nodiscard]] bool cancelled() const {
    return done() && state().how == detail::outcome::cancelled;
  }
  [[nodiscard]] std::string name() const { return detail::name_of(state()); }

 private:
  template <class Work>
  bool settle(Work&& work) {
    // Whoever is told of the result may destroy the promise: from here on only its record is touched.
    state().add_ref();
    detail::record_ref<detail::promise_state<T>> const kept(&state());
    if (!detail::begin_settling(*kept)) return false;
    try {
      kept->keep(std::forward<Work>(work));
      kept->how = detail::outcome::finished;
    } catch (...) {
      detail::settle_with_current_exception(*kept);
    }
    detail::finish_settling(*kept);
    return true;
  }

  detail::promise_state<T>& state() const {
    if (!state_) detail::no_promise();
    return *state_;
  }

  detail::record_ref<detail::promise_state<T>> state_;
};

}  // namespace coir
