// SPDX-License-Identifier: BSL-1.0
/// Boost's view of the loop.

#include <coir/model/boost_fibers.hpp>

#include "model/boost_fibers_loop.hpp"

namespace coir::boost_fibers {

scheduling_algorithm::scheduling_algorithm() : loop_(std::make_unique<detail::boost_loop>()) {}
scheduling_algorithm::~scheduling_algorithm() = default;

void scheduling_algorithm::awakened(boost::fibers::context* ready) noexcept {
  loop_->awakened(*ready);
}

boost::fibers::context* scheduling_algorithm::pick_next() noexcept { return loop_->pick_next(); }

bool scheduling_algorithm::has_ready_fibers() const noexcept { return loop_->has_ready(); }

void scheduling_algorithm::suspend_until(
    std::chrono::steady_clock::time_point const& until) noexcept {
  loop_->sleep_until(until);
}

void scheduling_algorithm::notify() noexcept { loop_->notify(); }

}  // namespace coir::boost_fibers
