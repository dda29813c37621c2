// SPDX-License-Identifier: BSL-1.0
/// cancel_scope: a region of a task that can be cancelled, shielded, and given a deadline.

#pragma once

#include <concepts>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

#include <coir/base/check.hpp>
#include <coir/cancel/timed_scope.hpp>
#include <coir/time/deadline.hpp>

namespace coir {
namespace detail {

/// What a function that may be cut short returns: false or nullopt then, else true or the result.
template <class R>
struct cut_short {
  using type = std::optional<R>;
};
template <>
struct cut_short<void> {
  using type = bool;
};
template <class R>
struct cut_short<R&> {
  using type = R*;
};

template <class F>
using cut_short_result = typename cut_short<std::invoke_result_t<F&>>::type;

/// Runs `f` inside `scope`, absorbing the `cancelled` that is the scope's own.
template <class F>
cut_short_result<F> run_in(timed_scope& scope, F& f) {
  using result = std::invoke_result_t<F&>;
  try {
    if constexpr (std::is_void_v<result>) {
      f();
      return true;
    } else if constexpr (std::is_reference_v<result>) {
      return &f();
    } else {
      return cut_short_result<F>(std::in_place, f());
    }
  } catch (cancelled const&) {
    if (!scope.exit()) throw;
  }
  return {};
}

}  // namespace detail

/// A region of the running task that anyone may cancel, without ending the task.
///
/// Everything that waits inside run() is ended by cancel() or the deadline, tasks spawned there in a
/// group included; then run() returns instead of throwing. Outer cancels pass through (T1). A request
/// or a deadline from before run() counts; one after it does nothing. For one run() only.
/// Thread: cancel() any, while the object lives; the rest: the task's.
/// Mirrors: trio.CancelScope.
class COIR_EXPORT cancel_scope {
 public:
  cancel_scope() = default;
  /// Ends what waits inside at `deadline`.
  explicit cancel_scope(time_point deadline) : deadline_(deadline) {}
  /// Ends what waits inside `delay` from now. Zero or less: at its first suspension (T2).
  template <class Rep, class Period>
  explicit cancel_scope(std::chrono::duration<Rep, Period> delay)
      : deadline_(detail::deadline_after(now(), delay)) {}
  /// Is cancelled when `stop` is stopped, at once if it has been: so std's code may end what waits
  /// inside. A task is cancelled likewise by a callback of one's own,
  /// `std::stop_callback on_stop(token, [&] { task.cancel(); });`.
  explicit cancel_scope(std::stop_token stop, time_point deadline = never)
      : deadline_(deadline), on_stop_(std::move(stop), stopper{this}) {}
  cancel_scope(cancel_scope const&) = delete;
  cancel_scope& operator=(cancel_scope const&) = delete;

  /// Runs `f()` here. Returns true, or f's result in an optional, if `f` came to its end; false or
  /// nullopt if this scope's cancel ended it.
  ///   Throws: whatever `f` throws; std::logic_error on a second run.
  template <std::invocable F>
  detail::cut_short_result<F> run(F&& f) {
    detail::timed_scope scope(deadline_, shielded_);
    open(scope);
    closer const at_end{*this};
    return detail::run_in(scope, f);
  }

  /// Requests a cancel; the first reason stands (C9).
  ///   Wakes: what is parked inside.
  void cancel(std::string text = {});

  /// Whether a cancel was requested here, or the deadline has ended something.
  [[nodiscard]] bool cancel_called() const noexcept;

  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }
  /// Moves the deadline; one that has come cancels at once.
  ///   Throws: std::logic_error while another thread serves the timers of the task that is inside,
  ///   std::bad_alloc; the deadline then is what it was.
  void set_deadline(time_point deadline);

  /// While shielded, outer cancels do not reach in; its own still do (C9).
  [[nodiscard]] bool shielded() const noexcept { return shielded_; }
  void set_shielded(bool shielded);

 private:
  enum class state : unsigned char { fresh, entered, left };

  struct stopper {
    cancel_scope* self;
    void operator()() const noexcept {
      self->request(detail::cleanup_reason("its stop_token was stopped"));
    }
  };

  void request(cancel_reason reason) noexcept;
  void open(detail::timed_scope& scope);
  void close() noexcept;
  struct closer {
    cancel_scope& self;
    ~closer() { self.close(); }
  };

  mutable detail::spin_lock lock_;  // guards state_, inside_, called_, reason_
  state state_ = state::fresh;
  detail::timed_scope* inside_ = nullptr;  // set while entered
  bool called_ = false;
  cancel_reason reason_;  // of a cancel that came before run()
  time_point deadline_ = never;
  bool shielded_ = false;
  // Last, for it may call cancel() at once, and at its end no callback runs any more.
  std::stop_callback<stopper> on_stop_{std::stop_token(), stopper{this}};
};

}  // namespace coir
