// SPDX-License-Identifier: BSL-1.0
/// The primitives of one process and those that processes share, for tests of what both promise.

#pragma once

#include <gtest/gtest.h>

#include <coir/coir.hpp>

namespace contract {

struct own_memory {
  using mutex = coir::mutex;
  using condition_variable = coir::condition_variable;
  using semaphore = coir::semaphore;
  using event = coir::event;
  using barrier = coir::barrier;
};

struct shared_memory {
  using mutex = coir::shared<coir::mutex>;
  using condition_variable = coir::shared<coir::condition_variable>;
  using semaphore = coir::shared<coir::semaphore>;
  using event = coir::shared<coir::event>;
  using barrier = coir::shared<coir::barrier>;
};

/// Calls `f` with each memory: a test takes its primitives from there.
template <class F>
void on_each_memory(F f) {
  f(own_memory());
  SCOPED_TRACE("shared");
  f(shared_memory());
}

}  // namespace contract
