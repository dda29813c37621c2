// SPDX-License-Identifier: BSL-1.0
/// Scenes that are played with each of their allocations failing.

#pragma once

#include <functional>
#include <new>
#include <string>
#include <thread>
#include <utility>

#include "cancel/allocations.hpp"
#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace scarce {

/// How often a scene has been played, and what came of this time.
class attempt {
 public:
  explicit attempt(int number) noexcept : number_(number) {}

  /// Calls `act`; the allocation of this task that has the attempt's number fails in it, after a call
  /// of `meanwhile`. True if `act` returned, false if it threw std::bad_alloc.
  template <class F>
  bool operator()(F&& act, std::function<void()> meanwhile = {}) {
    allocations& mine = of_this_thread;
    mine = {coir::detail::current_task(), number_, std::move(meanwhile)};
    contract::at_end const over{[&] {
      failed_ = failed_ || mine.of == nullptr;
      mine = {};
    }};
    try {
      std::forward<F>(act)();
      return true;
    } catch (std::bad_alloc const&) {
      return false;
    }
  }

  /// Whether an allocation failed.
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  int const number_;
  bool failed_ = false;
};

/// Plays `scene` on the model, on a fresh thread, whose timers have no room: first with the first
/// allocation of what it attempts failing, then with the second, until none is left to fail.
template <class Scene>
void play(coir::model model, Scene scene) {
  for (int number = 0;; ++number) {
    SCOPED_TRACE("allocation " + std::to_string(number) + " fails");
    attempt this_time(number);
    std::thread([&] { coir::run({.model = model}, [&] { scene(this_time); }); }).join();
    if (!this_time.failed()) return;
  }
}

}  // namespace scarce
