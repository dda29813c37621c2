// SPDX-License-Identifier: BSL-1.0
/// process_pool: processes that are there already, for one task after another.

#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <coir/base/config.hpp>
#include <coir/model/processes.hpp>
#include <coir/pool/mapped_results.hpp>
#include <coir/pool/pooled.hpp>
#include <coir/task/task.hpp>

namespace coir {

/// What each worker of a pool does first: a function that captures nothing, or a call(f, args…).
class pool_initializer {
 public:
  pool_initializer() = default;
  ///   Throws: std::invalid_argument if it cannot be carried to a worker (P1).
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, pool_initializer> &&
           std::invocable<std::decay_t<F>>) pool_initializer(F&& f)  // NOLINT: implicit on purpose
      : packed_(detail::pack_call(
            *detail::make_pooled<detail::bound<F>>(std::in_place, std::forward<F>(f)))) {}

  /// For the pool.
  [[nodiscard]] std::shared_ptr<detail::packed_call const> const& packed() const noexcept {
    return packed_;
  }

 private:
  std::shared_ptr<detail::packed_call const> packed_;
};

/// How a pool is.
struct process_pool_options {
  std::size_t workers = 0;               ///< how many tasks run at a time; 0: one for each CPU
  pool_initializer initializer{};        ///< runs first in each; if it throws, the pool is broken
  std::size_t max_tasks_per_worker = 0;  ///< then it ends, and another takes its place; 0: never
  std::string name = {};                 ///< its workers are NAME-1, NAME-2…; empty: "pool"
  std::chrono::nanoseconds grace =
      std::chrono::milliseconds(500);  ///< how long a cancelled task may go on before its worker is
                                       ///< ended by a signal
};

/// Runs tasks in processes that it keeps for the next ones.
///
/// A task is what it is on the model `processes`: a function without captured state, with arguments and a
/// result that can be packed (P1). It can be submitted on every model, and from a plain thread: only who
/// asks for the result waits. Tasks begin in the order in which they were submitted, each in a worker
/// that is idle; workers begin when they are first needed. To cancel a task takes it out of the queue,
/// or throws `cancelled` in its worker; one that goes on for longer than `grace` is ended by a signal,
/// with its worker (P2). A worker that dies fails the task that it was at with worker_died; what it had
/// not begun goes to another, and another takes its place (P3).
///
/// It is a scope: its destructor cancels what has not ended, and waits until the workers are gone, and
/// with them all descriptors of the pool. To have all come to its end instead, call join().
///
/// The fork server must be there, or able to start: see prepare_processes().
/// Thread: any.  Mirrors: concurrent.futures.ProcessPoolExecutor, multiprocessing.Pool.
class COIR_EXPORT process_pool {
 public:
  ///   Throws: std::logic_error, std::system_error, as prepare_processes().
  explicit process_pool(process_pool_options options = {});
  process_pool(process_pool const&) = delete;
  process_pool& operator=(process_pool const&) = delete;
  ~process_pool();

  /// Has a worker call `f(args…)`. The handle is that of a task: dropping it cancels and joins.
  ///   Blocks: never.
  ///   Throws: std::invalid_argument if the call cannot be carried, and what packing an argument throws;
  ///   broken_pool; std::logic_error after close(). Then nothing was submitted.
  template <class F, class... Args>
  requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
  [[nodiscard]] auto submit(F&& f, Args&&... args) {
    return submit(submit_options{}, std::forward<F>(f), std::forward<Args>(args)...);
  }
  /// The same, with a name or a limit.
  template <class F, class... Args>
  requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
  [[nodiscard]] auto submit(submit_options options, F&& f, Args&&... args) {
    using call = detail::bound<F, Args...>;
    auto fresh =
        detail::make_pooled<call>(std::in_place, std::forward<F>(f), std::forward<Args>(args)...);
    detail::submit_to(*core_, *fresh, options);
    return task<typename call::result>(fresh.release());
  }

  /// Calls `f(item)` for each item of the range, in workers, and returns the results in the range's order;
  /// nothing for void. Items are taken from it as there is room (map_options::ahead), several to a task.
  ///   Blocks: until all are there; a suspension point.
  ///   Throws: the failure that comes first in the range's order, its own too; cancelled. What is left is
  ///   cancelled then, and has ended.
  template <class F, std::ranges::input_range Range>
  auto map(F f, Range&& range, map_options options = {}) {
    if constexpr (std::ranges::sized_range<Range>) {
      std::size_t const tasks = 4 * workers();
      if (options.chunk == 0)
        options.chunk = (static_cast<std::size_t>(std::ranges::size(range)) + tasks - 1) / tasks;
    }
    auto results = imap(std::move(f), std::forward<Range>(range), options);
    using value = typename decltype(results)::value_type;
    if constexpr (std::is_same_v<value, std::monostate>) {
      while (results.next()) {
      }
    } else {
      std::vector<value> all;
      while (auto next = results.next()) all.push_back(*std::move(next));
      return all;
    }
  }

  /// The same one by one, in the range's order, while the rest is under way. The first ones are submitted
  /// at once. A range that is an lvalue is not copied: it must live as long.
  ///   Blocks: no.  Throws: as submit().
  template <class F, std::ranges::input_range Range>
  [[nodiscard]] auto imap(F f, Range&& range, map_options options = {}) {
    return mapped_results<Range, F>(core_, std::move(f), std::forward<Range>(range),
                                    filled_in(options), /*in_order=*/true);
  }
  /// The same in the order in which tasks end.
  template <class F, std::ranges::input_range Range>
  [[nodiscard]] auto imap_unordered(F f, Range&& range, map_options options = {}) {
    return mapped_results<Range, F>(core_, std::move(f), std::forward<Range>(range),
                                    filled_in(options), /*in_order=*/false);
  }

  /// Nothing more is submitted. What was goes on.
  void close();

  /// Closes it, and waits until all tasks have ended and the workers are gone.
  ///   Blocks: yes; a suspension point.  Throws: cancelled, and then all goes on.
  void join();

  /// How many tasks run at a time.
  [[nodiscard]] std::size_t workers() const noexcept;

 private:
  [[nodiscard]] map_options filled_in(map_options options) const noexcept;

  std::shared_ptr<detail::pool_core> const core_;
};

}  // namespace coir
