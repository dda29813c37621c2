// SPDX-License-Identifier: BSL-1.0
/// Names of types, demangled.

#include "base/type_name.hpp"

#include <cstdlib>
#include <memory>

#include <cxxabi.h>

namespace coir::detail {

std::string type_name(std::type_info const& type) {
  struct freed {
    void operator()(char* gone) const noexcept { std::free(gone); }
  };
  int status = 0;
  std::unique_ptr<char, freed> const name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status));
  return name != nullptr ? name.get() : type.name();
}

}  // namespace coir::detail
