// SPDX-License-Identifier: BSL-1.0
/// Why a task cannot be carried into another process, in words.

#include <coir/model/portable_task.hpp>

#include "base/type_name.hpp"

namespace coir::detail {
namespace {

std::string const cannot = "coir: this task cannot run in another process: ";

}  // namespace

std::string refuse_function(std::type_info const& type) {
  return cannot + "its function, " + type_name(type) +
         ", holds state; use a function or a lambda that captures nothing, and pass what it needs "
         "as arguments";
}

std::string refuse_argument(std::size_t place, std::type_info const& type, bool refers) {
  return cannot + "argument " + std::to_string(place) + " is of type " + type_name(type) +
         (refers ? ", which refers to memory of this one; pass the value itself"
                 : ", which cannot be serialised");
}

std::string refuse_result(std::type_info const& type) {
  return cannot + "its result is of type " + type_name(type) + ", which cannot be serialised";
}

}  // namespace coir::detail
