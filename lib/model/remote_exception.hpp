// SPDX-License-Identifier: BSL-1.0
/// What a task throws, on its way from its process to who waits for it.

#pragma once

#include <cstddef>
#include <exception>
#include <span>
#include <vector>

namespace coir::detail {

/// Appends `error` to `out`.
void pack_exception(std::exception_ptr const& error, std::vector<std::byte>& out);

/// What was packed.
std::exception_ptr unpack_exception(std::span<std::byte const> in);

}  // namespace coir::detail
