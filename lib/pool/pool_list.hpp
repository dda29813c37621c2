// SPDX-License-Identifier: BSL-1.0
/// All pools of the process, for dumps.

#pragma once

#include <string>

namespace coir::detail {

/// What the pools of this process have to do, a line each task; empty if that is nothing.
///   Thread: any.
std::string describe_pools();

}  // namespace coir::detail
