// SPDX-License-Identifier: BSL-1.0
/// Beginning: run() a program, spawn() a task, call() for later.

#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include <coir/model/task_record.hpp>
#include <coir/task/bound_call.hpp>
#include <coir/task/portable_call.hpp>
#include <coir/task/task.hpp>
#include <coir/task/task_state.hpp>

namespace coir {
namespace detail {

template <class Call, class... Parts>
task<typename Call::result> spawn_as(char const* what, spawn_options&& options, scope* parent,
                                     task_owner* owner, Parts&&... parts) {
  record_ref<task_state<Call>> fresh(
      new task_state<Call>(type_of_spawned<Call>, birth_here(what), std::forward<Parts>(parts)...));
  launch(*fresh, std::move(options), parent, owner);
  return task<typename Call::result>(fresh.release());
}

template <class Call, class... Parts>
typename Call::result run_as(run_options const& options, Parts&&... parts) {
  record_ref<task_state<Call>> const main(
      new task_state<Call>(type_of_resident<Call>, birth_of_main(options), std::in_place,
                           std::forward<Parts>(parts)...));
  main->add_ref();
  record_ref<task_state<Call>> const kept(main.get());
  run_main(options, *main);
  if (main->error != nullptr) {
    main->retrieved.store(true, std::memory_order_release);
    std::rethrow_exception(main->error);
  }
  return main->take();
}

}  // namespace detail

/// Runs `f(args…)` as the main task of a new run, on fibers, and returns its result.
///
/// When it has ended, everything else in the run is cancelled and waited for (G1). A cancel and the
/// deadlines around it go on to `f`, as into any call (G6); with a virtual clock inside, those around
/// stay in real time.
///   Blocks: the calling thread, which is the fibers' worker.
///   Throws: what `f` throws, `cancelled` included; std::logic_error inside a fiber or serial task
///   (G6); std::system_error when a stack or descriptor cannot be had.
template <class F, class... Args>
requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
    std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...> run(F&& f, Args&&... args) {
  return detail::run_as<detail::bound<F, Args...>>(run_options{}, std::forward<F>(f),
                                                   std::forward<Args>(args)...);
}

/// The same, on the model, with the stacks and the clock that `options` say.
///   Throws: std::invalid_argument for options that this version or this model cannot serve.
template <class F, class... Args>
requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
    std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...> run(run_options const& options,
                                                                     F&& f, Args&&... args) {
  return detail::run_as<detail::bound<F, Args...>>(options, std::forward<F>(f),
                                                   std::forward<Args>(args)...);
}

/// Starts `f(args…)` as a task of its own, beside the caller. Arguments are copied or moved into the
/// task, as std::thread does; std::ref passes a reference.
///
/// The handle owns the task: dropping it cancels and joins (G1). On fibers the task first runs when
/// the caller next suspends; on `serial` it has ended when spawn() returns.
///   Blocks: never, but on `serial`.
///   Throws: std::logic_error outside of a run; std::system_error when the model cannot carry one
///   more task, and then nothing was started.
template <class F>
requires std::invocable<std::decay_t<F>>
[[nodiscard]] auto spawn(F&& f, source_line where = source_line::here()) {
  return detail::spawn_as<detail::bound<F>>("spawn()", {.where = where}, nullptr, nullptr,
                                            std::in_place, std::forward<F>(f));
}
template <class F, class First, class... Rest>
requires std::invocable<std::decay_t<F>, std::decay_t<First>, std::decay_t<Rest>...>
[[nodiscard]] auto spawn(F&& f, First&& first, Rest&&... rest) {
  return detail::spawn_as<detail::bound<F, First, Rest...>>(
      "spawn()", {.where = {}}, nullptr, nullptr, std::in_place, std::forward<F>(f),
      std::forward<First>(first), std::forward<Rest>(rest)...);
}

/// The same, with a name or a stack size.
template <class F, class... Args>
requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
[[nodiscard]] auto spawn(spawn_options options, F&& f, Args&&... args) {
  return detail::spawn_as<detail::bound<F, Args...>>("spawn()", std::move(options), nullptr,
                                                     nullptr, std::in_place, std::forward<F>(f),
                                                     std::forward<Args>(args)...);
}

/// `f(args…)` as a call not yet made, for gather() and whoever else spawns it.
template <class F, class... Args>
requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
[[nodiscard]] auto call(F&& f, Args&&... args) {
  return detail::bound<F, Args...>(std::in_place, std::forward<F>(f), std::forward<Args>(args)...);
}

}  // namespace coir
