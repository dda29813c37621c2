// SPDX-License-Identifier: BSL-1.0
/// A run for each seed, and the report of the first that fails.

#include <coir/testing/explore.hpp>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

#include <coir/base/check.hpp>
#include <coir/base/error.hpp>
#include <coir/task/spawn.hpp>
#include <coir/task/timeout.hpp>
#include <coir/time/clock.hpp>

#include "base/exception_text.hpp"

namespace coir::testing {
namespace {

/// Keeps the first exception that reaches nobody, while it lives.
class unhandled_watch {
 public:
  unhandled_watch()
      : before_(set_unhandled_exception_handler(
            [this](std::string const& task, std::exception_ptr error) {
              if (error_ == nullptr) task_ = task;
              if (error_ == nullptr) error_ = std::move(error);
            })) {}
  ~unhandled_watch() { set_unhandled_exception_handler(std::move(before_)); }
  unhandled_watch(unhandled_watch const&) = delete;
  unhandled_watch& operator=(unhandled_watch const&) = delete;

  [[nodiscard]] std::exception_ptr const& error() const noexcept { return error_; }
  [[nodiscard]] std::string text() const {
    return "nobody was there for the exception of task " + task_ + ": " + detail::text_of(error_);
  }

 private:
  std::string task_;
  std::exception_ptr error_;
  unhandled_exception_handler before_;
};

/// What came of one run.
struct verdict {
  bool failed = false;
  std::exception_ptr cause{};
  std::string text{};
};

verdict try_seed(explore_options const& options, std::function<void()> const& body,
                 std::uint64_t seed) {
  virtual_clock clock;
  clock.set_work_takes(options.work_takes);
  run_options how = options.run;
  how.clock = &clock;
  how.seed = seed;
  unhandled_watch unhandled;
  try {
    // The thread's own time is real: a deadline around the run ends one that never stands still.
    if (!move_on_after(options.patience, [&] { coir::run(how, body); }))
      return {true, nullptr, "it has not ended in time (explore_options::patience)"};
  } catch (...) {
    std::exception_ptr const thrown = std::current_exception();
    return {true, thrown, detail::text_of(thrown)};
  }
  if (unhandled.error() != nullptr) return {true, unhandled.error(), unhandled.text()};
  if (options.failed && options.failed())
    return {true, nullptr, "explore_options::failed says that the body has failed"};
  return {};
}

void check(explore_options const& options) {
  detail::task_core const* const self = detail::current_task();
  if (self != nullptr && self->kind != detail::task_kind::thread)
    detail::misuse("coir: explore() inside a task, where run() cannot be; call it from plain code");
  if (options.run.model != model::fibers || options.run.clock != nullptr || options.run.seed != 0)
    throw std::invalid_argument(
        "coir: explore() runs on fibers, with a clock and a seed of its own; in "
        "explore_options::run, leave model, clock and seed alone");
  if (options.seeds == 0 || options.first_seed == 0)
    throw std::invalid_argument("coir: explore() from seed " + std::to_string(options.first_seed) +
                                " on, " + std::to_string(options.seeds) +
                                " of them: that is none; seeds begin at 1");
  if (options.failed && options.failed())
    throw std::logic_error(
        "coir: explore_options::failed says yes before the body has run; it could blame no seed");
}

}  // namespace

std::optional<std::uint64_t> seed_from_environment() {
  char const* const text = std::getenv("COIR_SEED");
  if (text == nullptr || *text == '\0') return std::nullopt;
  char* end = nullptr;
  errno = 0;
  std::uint64_t const seed = std::strtoull(text, &end, 10);
  if (errno != 0 || *end != '\0' || *text == '-' || seed == 0)
    throw std::invalid_argument("coir: COIR_SEED is \"" + std::string(text) +
                                "\"; give a number from 1 on");
  return seed;
}

void explore(explore_options const& options, std::function<void()> const& body) {
  check(options);
  std::optional<std::uint64_t> const only = seed_from_environment();
  std::uint64_t const first = only.value_or(options.first_seed);
  std::size_t const count = only ? 1 : options.seeds;
  for (std::size_t i = 0; i < count; ++i) {
    verdict const found = try_seed(options, body, first + i);
    if (!found.failed) continue;
    std::string const seed = std::to_string(first + i);
    throw exploration_failed(first + i, found.cause,
                             "coir: with seed " + seed + ": " + found.text +
                                 "\n(COIR_SEED=" + seed + " runs this one alone)");
  }
}

void explore(std::function<void()> const& body) { explore({}, body); }

}  // namespace coir::testing
