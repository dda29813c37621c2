// SPDX-License-Identifier: BSL-1.0
/// A call as it goes to a worker.

#pragma once

#include <coir/model/portable_task.hpp>

#include "model/packer.hpp"

namespace coir::detail {

/// What the call of a task was packed into. Any number of workers may get it.
struct packed_call {
  explicit packed_call(portable_task const& type_) noexcept : type(type_) {}

  portable_task const& type;
  packer packed;
};

}  // namespace coir::detail
