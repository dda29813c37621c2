// SPDX-License-Identifier: BSL-1.0
/// What a group of failures says.

#include <coir/task/exception_group.hpp>

namespace coir {

exception_group::exception_group(std::vector<std::exception_ptr> errors)
    : errors_(std::move(errors)) {
  text_ = std::to_string(errors_.size()) + (errors_.size() == 1 ? " failure: " : " failures: ");
  bool first = true;
  for (std::exception_ptr const& each : errors_) {
    if (!first) text_ += "; ";
    first = false;
    try {
      std::rethrow_exception(each);
    } catch (exception_group const& nested) {
      text_ += std::string("(") + nested.what() + ")";
    } catch (std::exception const& e) {
      text_ += e.what();
    } catch (...) {
      text_ += "an exception that is no std::exception";
    }
  }
}

}  // namespace coir
