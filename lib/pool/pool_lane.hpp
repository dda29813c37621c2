// SPDX-License-Identifier: BSL-1.0
/// A worker's lane, as its pool sees it.

#pragma once

#include <memory>

#include "model/answer_lane.hpp"

namespace coir::detail {

class pool_core;
class pool_worker;

/// Lives as long as its worker, and until nobody waits at it any more.
class pool_lane final : public awaited_lane {
 public:
  ///   Throws: std::system_error.
  pool_lane(std::shared_ptr<pool_core> pool, pool_worker& worker_)
      : worker(&worker_), pool_(std::move(pool)) {}

  void collect() noexcept override;
  [[nodiscard]] bool is_wanted() const noexcept override;

  pool_worker* worker;  // null once its process is gone; guarded by the pool's lock

 private:
  std::shared_ptr<pool_core> const pool_;
};

}  // namespace coir::detail
