// SPDX-License-Identifier: BSL-1.0
/// The models a contract test runs on, and a fixture in virtual time.

#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <coir/coir.hpp>

namespace contract {

using namespace std::chrono_literals;

/// Those of `models` that this build has. TSan is not told yet how Boost's fibers switch.
inline auto available(std::vector<coir::model> models) {
  std::erase_if(models, [](coir::model each) {
    return !coir::is_available(each) || (COIR_TSAN && each == coir::model::boost_fibers);
  });
  return ::testing::ValuesIn(models);
}

inline auto const concurrent_models =
    available({coir::model::fibers, coir::model::threads, coir::model::boost_fibers});
inline auto const all_models = available(
    {coir::model::fibers, coir::model::threads, coir::model::boost_fibers, coir::model::serial});

/// How a test of one model is called: by the model.
inline std::string model_name(::testing::TestParamInfo<coir::model> const& info) {
  return coir::to_string(info.param);
}

/// A test that is the same on every model.
class on_model : public ::testing::TestWithParam<coir::model> {
 protected:
  /// Runs `f` as the main task of a run on the model.
  template <class F>
  static decltype(auto) in_run(F&& f) {
    return coir::run({.model = GetParam()}, std::forward<F>(f));
  }
};

/// Returns once `task` is parked in some wait.
inline void await_parked(coir::any_task const& task) {
  namespace word = coir::detail::word;
  for (;;) {
    auto const state = task.record().word.load() & word::state_mask;
    if (state == word::parked || state == word::parked_shielded) return;
    coir::yield();
  }
}

/// A run on fibers in virtual time: delays are exact, and cost nothing.
class virtual_run : public ::testing::Test {
 protected:
  template <class F>
  decltype(auto) in_run(F&& f) {
    return coir::run({.clock = &clock}, std::forward<F>(f));
  }
  /// What has passed since the test began.
  [[nodiscard]] coir::time_point::duration elapsed() const { return clock.now() - begin; }

  coir::virtual_clock clock;
  coir::time_point const begin = clock.now();
};

}  // namespace contract
