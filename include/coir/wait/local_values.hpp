// SPDX-License-Identifier: BSL-1.0
/// The values that the running task sees in task_locals.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <coir/base/config.hpp>

namespace coir::detail {

/// What a task has set or was born with; a task without any has none of these.
///
/// A task and those it has spawned share one, which is never changed while it is shared: so a spawn
/// copies a pointer, and only who sets something pays for a copy.
struct local_values {
  struct value {
    std::uint64_t key;  // of the task_local
    std::shared_ptr<void const> what;
  };

  std::vector<value> values;  // few, in the order they were set: looked through from the front
  std::atomic<std::uint32_t> refs{1};
};

/// One reference to local_values, or none.
/// Thread: as its task; the values are shared by any.
class locals_ref {
 public:
  locals_ref() = default;
  explicit locals_ref(local_values* owned) noexcept : values_(owned) {}
  locals_ref(locals_ref const& other) noexcept : values_(other.values_) {
    if (values_ != nullptr) values_->refs.fetch_add(1, std::memory_order_relaxed);
  }
  locals_ref& operator=(locals_ref other) noexcept {
    std::swap(values_, other.values_);
    return *this;
  }
  ~locals_ref() {
    if (values_ != nullptr) let_go();
  }

  [[nodiscard]] local_values* get() const noexcept { return values_; }
  local_values* operator->() const noexcept { return values_; }
  explicit operator bool() const noexcept { return values_ != nullptr; }

  /// Nobody else sees these values: they may be changed in their place.
  [[nodiscard]] bool is_only_one() const noexcept {
    return values_->refs.load(std::memory_order_acquire) == 1;
  }

 private:
  COIR_COLD void let_go() noexcept {
    if (values_->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) delete values_;
  }

  local_values* values_ = nullptr;
};

}  // namespace coir::detail
