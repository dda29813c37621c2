// SPDX-License-Identifier: BSL-1.0
/// offload: a blocking call on a thread of its own, while only the calling task waits.

#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <coir/base/config.hpp>
#include <coir/task/bound_call.hpp>

namespace coir {

/// Says that a call of offload() may be left behind.
struct abandon_on_cancel_t {
  explicit abandon_on_cancel_t() = default;
};
inline constexpr abandon_on_cancel_t abandon_on_cancel{};

namespace detail {

/// Calls `call(frame)` on another thread and waits for its end. With an `owner` of `frame`, a cancel
/// ends the wait at once and leaves the call behind.
///   Throws: what `call` throws; cancelled; std::system_error.
COIR_EXPORT void offload_call(void (*call)(void* frame), void* frame,
                              std::shared_ptr<void> const& owner);

/// A call, and room for what it returns: what is lent to the thread that makes it.
template <class Work>
class offload_frame {
 public:
  using result = std::invoke_result_t<Work>;

  template <class... Parts>
  explicit offload_frame(Parts&&... parts) : work_(std::forward<Parts>(parts)...) {}

  static void call(void* frame) { static_cast<offload_frame*>(frame)->make_call(); }

  result take() {
    if constexpr (std::is_reference_v<result>) {
      return static_cast<result>(*result_);
    } else if constexpr (!std::is_void_v<result>) {
      return std::move(*result_);
    }
  }

 private:
  void make_call() {
    if constexpr (std::is_void_v<result>) {
      std::move(work_)();
    } else if constexpr (std::is_reference_v<result>) {
      result&& value = std::move(work_)();
      result_ = &value;
    } else {
      result_.emplace(std::move(work_)());
    }
  }

  struct nothing {};
  using storage = std::conditional_t<
      std::is_void_v<result>, nothing,
      std::conditional_t<
          std::is_reference_v<result>, std::add_pointer_t<std::remove_reference_t<result>>,
          std::optional<
              std::remove_cv_t<std::conditional_t<std::is_object_v<result>, result, nothing>>>>>;
  Work work_;
  [[no_unique_address]] storage result_{};
};

}  // namespace detail

/// Calls `f(args…)` on a thread of its own and waits for its end: for calls that block the system's
/// way, and for long computations. Other tasks run meanwhile. Returns what it returns.
///
/// `f` and its arguments are used where they are, not copied: so a cancel cannot end the wait before
/// the call has really ended (C2). The call may look for it: a coir::this_task::checkpoint(), and every
/// wait of coir's in it, throws `cancelled` once the caller has been cancelled. A call that returns all
/// the same has completed (C4), and the cancel is delivered at the caller's next suspension point.
///
/// No more than run_options::offload_threads calls run at once; others wait for their turn, first come,
/// first served, and a cancel then ends the wait before the call has begun. `f` is no task: it cannot
/// spawn, but it sees the caller's task_locals and can wait for events, queues and tasks, and give the run work by a loop_handle.
///   Blocks: yes; a suspension point always.
///   Throws: what `f` throws; cancelled, and then `f` was not called; std::system_error when there
///   can be no more threads.
///   Thread: any, also of no run.  Mirrors: asyncio.to_thread, trio.to_thread.run_sync.
template <class F, class... Args>
requires std::invocable<F, Args...> std::invoke_result_t<F, Args...> offload(F&& f,
                                                                             Args&&... args) {
  auto call = [&]() -> std::invoke_result_t<F, Args...> {
    return std::invoke(std::forward<F>(f), std::forward<Args>(args)...);
  };
  detail::offload_frame<decltype(call)> frame(std::move(call));
  detail::offload_call(&frame.call, &frame, nullptr);
  return frame.take();
}

/// The same, but a cancel ends the wait at once, and leaves the call behind: `offload(abandon_on_cancel,
/// f, args…)`, for what would not end in time, as a name lookup or a read from a terminal.
///
/// `f` and its arguments are copied or moved, as spawn() does, and destroyed when the call has ended:
/// what they refer to must live as long. The call keeps its place among run_options::offload_threads.
/// What it returns is dropped; what it throws goes to the unhandled-exception handler, if it is no
/// `cancelled` (G3). run() waits for it at its end for run_options::grace, then leaves it alone.
///   Throws: as above, but `cancelled` may come while `f` goes on.
template <class F, class... Args>
requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
    std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...> offload(abandon_on_cancel_t, F&& f,
                                                                         Args&&... args) {
  using frame_type = detail::offload_frame<detail::bound<F, Args...>>;
  auto const frame =
      std::make_shared<frame_type>(std::in_place, std::forward<F>(f), std::forward<Args>(args)...);
  detail::offload_call(&frame_type::call, frame.get(), frame);
  return frame->take();
}

}  // namespace coir
