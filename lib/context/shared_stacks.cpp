// SPDX-License-Identifier: BSL-1.0
/// A pool behind a lock.

#include "context/shared_stacks.hpp"

#include <mutex>

namespace coir::detail {
namespace {

constexpr std::size_t kept_warm = 256;      // idle stacks that keep their pages
constexpr std::size_t ends_per_trim = 256;  // how often the others are looked for

struct shared_pool {
  std::mutex lock;  // guards the rest; nothing suspends under it
  stack_pool stacks;
  std::size_t ends = 0;  // stacks given back since the last trim

  /// Never destroyed: what lies on these stacks may be closed while the process ends.
  static shared_pool& get() {
    static shared_pool& only = *new shared_pool;
    return only;
  }
};

}  // namespace

stack& take_shared_stack(std::size_t size) {
  shared_pool& pool = shared_pool::get();
  std::lock_guard<std::mutex> const held(pool.lock);
  return *pool.stacks.take(size != 0 ? size : stack_pool::default_size).on;
}

void give_back_shared_stack(stack& unused) noexcept {
  shared_pool& pool = shared_pool::get();
  std::lock_guard<std::mutex> const held(pool.lock);
  pool.stacks.give_back(unused);
  if (++pool.ends < ends_per_trim) return;
  pool.ends = 0;
  (void)pool.stacks.trim(kept_warm);
}

}  // namespace coir::detail
