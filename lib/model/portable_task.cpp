// SPDX-License-Identifier: BSL-1.0
/// Why a task cannot be carried into another process, in words.

#include <coir/model/portable_task.hpp>

#include <cstdlib>
#include <memory>

#include <cxxabi.h>

namespace coir::detail {
namespace {

std::string const cannot = "coir: this task cannot run in another process: ";

struct freed {
  void operator()(char* gone) const noexcept { std::free(gone); }
};

std::string name_of(std::type_info const& type) {
  int status = 0;
  std::unique_ptr<char, freed> const name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status));
  return name != nullptr ? name.get() : type.name();
}

}  // namespace

std::string refuse_function(std::type_info const& type) {
  return cannot + "its function, " + name_of(type) +
         ", holds state; use a function or a lambda that captures nothing, and pass what it needs "
         "as arguments";
}

std::string refuse_argument(std::size_t place, std::type_info const& type, bool refers) {
  return cannot + "argument " + std::to_string(place) + " is of type " + name_of(type) +
         (refers ? ", which refers to memory of this one; pass the value itself"
                 : ", which cannot be serialised");
}

std::string refuse_result(std::type_info const& type) {
  return cannot + "its result is of type " + name_of(type) + ", which cannot be serialised";
}

}  // namespace coir::detail
