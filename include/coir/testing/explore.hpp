// SPDX-License-Identifier: BSL-1.0
/// Running one test under many seeds.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>

#include <coir/model/model.hpp>

namespace coir::testing {

/// How explore() explores.
struct explore_options {
  std::uint64_t first_seed = 1;  ///< this one, and those that follow
  std::size_t seeds = 100;       ///< so many; each is a run
  /// Zero: tasks take no time, and a deadline comes when nothing can run, exactly. Else they seem to
  /// take up to so long between two waits, as on a slow machine, and deadlines come in the midst of it.
  std::chrono::nanoseconds work_takes{0};
  /// Asked after each run: whether the body has failed without throwing. For Google Test:
  /// `[] { return ::testing::Test::HasFailure(); }`. Empty: only what is thrown counts.
  std::function<bool()> failed = {};
  /// How long one run may take, in real time: one that still yields and waits after that has failed.
  std::chrono::nanoseconds patience = std::chrono::minutes(1);
  /// For the rest: stack_size, debug, trace. Its model, clock and seed are explore()'s own.
  run_options run = {};
};

/// A body has failed. what() says how, and with which seed.
class COIR_EXPORT exploration_failed : public std::runtime_error {
 public:
  exploration_failed(std::uint64_t seed, std::exception_ptr cause, std::string const& text)
      : std::runtime_error(text), seed_(seed), cause_(std::move(cause)) {}
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  /// What was thrown; null if nothing was.
  [[nodiscard]] std::exception_ptr cause() const noexcept { return cause_; }

 private:
  std::uint64_t seed_;
  std::exception_ptr cause_;
};

/// Runs `body` on fibers in virtual time, once for each seed, until it fails with one.
///
/// A seed decides which of the ready tasks runs next (run_options::seed), and so which interleaving is
/// tried; the same one is tried again with the same seed. The body is called anew for each, and keeps
/// nothing from one to the next. It fails if it throws, if it ends in a deadlock, if a task's exception
/// reaches nobody, or if options.failed() says so.
///
/// With COIR_SEED=n in the environment, only seed n is run, whatever the options say: so what a failure
/// prints can be replayed, under a debugger or with a trace. No other run looks at COIR_SEED.
///   Blocks: the thread, for all runs.
///   Throws: exploration_failed; std::invalid_argument for options that cannot be, and for a COIR_SEED
///   that is no number from 1 on; std::logic_error inside a fiber or serial task.
///   Thread: one at a time, for it stands in as the unhandled-exception handler.
COIR_EXPORT void explore(explore_options const& options, std::function<void()> const& body);
COIR_EXPORT void explore(std::function<void()> const& body);

/// The seed that COIR_SEED asks for, if it is set: for tests that choose their seeds themselves.
///   Throws: std::invalid_argument if it is no number from 1 on.
[[nodiscard]] COIR_EXPORT std::optional<std::uint64_t> seed_from_environment();

}  // namespace coir::testing
