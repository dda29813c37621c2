// SPDX-License-Identifier: BSL-1.0
/// What is said of archives that do not fit what they are to hold.

#include <coir/model/archive.hpp>

#include <stdexcept>
#include <string>
#include <utility>

#include <coir/model/packing.hpp>

namespace coir {

void output_archive::attach(int) {
  throw std::logic_error(
      "coir: no descriptor can go along with this archive; what is shared between processes goes "
      "as "
      "an argument or the result of a task");
}

detail::descriptor input_archive::take_attached() {
  if (attached_.empty() || !attached_.front())
    throw std::runtime_error(
        "coir: a descriptor has not come along with an archive; raise `ulimit -n`");
  detail::descriptor first = std::move(attached_.front());
  attached_ = attached_.subspan(1);
  return first;
}

void input_archive::end_too_soon(std::size_t count, std::size_t size) const {
  throw std::runtime_error("coir: an archive ends too soon: " + std::to_string(count) +
                           " more values of " + std::to_string(size) + " bytes are wanted, and " +
                           std::to_string(left_.size()) +
                           " bytes are left; is it unpacked as it was packed?");
}

namespace detail {

void refuse_valueless() {
  throw std::invalid_argument(
      "coir: a variant that has lost its value (valueless_by_exception) cannot be carried into "
      "another process; give it one");
}

void no_such_alternative(std::size_t index, std::size_t count) {
  throw std::runtime_error("coir: an archive names alternative " + std::to_string(index) +
                           " of a variant of " + std::to_string(count) +
                           "; is it unpacked as it was packed?");
}

}  // namespace detail
}  // namespace coir
