// SPDX-License-Identifier: BSL-1.0
/// What the tests of generators have in common.

#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "contract/models.hpp"

namespace contract {

/// A test that is the same on every model, and outside of a run.
class everywhere_test : public on_model {
 protected:
  template <class F>
  static void everywhere(F f) {
    in_run(f);
    f();
  }
};

inline coir::generator<int> count_to(int last) {
  return coir::generator<int>([last](auto& yield) {
    for (int i = 1; i <= last; ++i) yield(i);
  });
}

/// What `f` throws as a std::logic_error.
template <class F>
std::string misuse_of(F&& f) {
  try {
    f();
  } catch (std::logic_error const& e) {
    return e.what();
  }
  return "nothing was thrown";
}

}  // namespace contract
