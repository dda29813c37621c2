// SPDX-License-Identifier: BSL-1.0
/// From an address to its file.

#include "sys/code_address.hpp"

#include <cstddef>
#include <cstdio>

#include <dlfcn.h>

namespace coir::detail {

std::string describe_return_address(void const* address) {
  if (address == nullptr) return {};
  auto const* const call = static_cast<std::byte const*>(address) - 1;  // inside of the call itself
  Dl_info found{};
  if (::dladdr(call, &found) == 0 || found.dli_fname == nullptr) return {};
  char offset[32];
  std::snprintf(offset, sizeof offset, "+0x%zx",
                static_cast<std::size_t>(call - static_cast<std::byte const*>(found.dli_fbase)));
  std::string const path = found.dli_fname;
  return path.substr(path.rfind('/') + 1) + offset;
}

}  // namespace coir::detail
