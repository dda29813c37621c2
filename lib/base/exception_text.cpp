// SPDX-License-Identifier: BSL-1.0
/// Words for what was thrown.

#include "base/exception_text.hpp"

namespace coir::detail {

std::string text_of(cancelled const& error) {
  std::string const text = error.reason().text();
  return std::string("cancelled (") + to_string(error.reason().cause()) + ")" +
         (text.empty() ? "" : ": " + text);
}

std::string text_of(std::exception const& error) {
  char const* const text = error.what();
  return text != nullptr ? text : "";
}

std::string text_of_current_exception() {
  try {
    throw;
  } catch (std::exception const& e) {
    return text_of(e);
  } catch (cancelled const& c) {
    return text_of(c);
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

std::string text_of(std::exception_ptr const& error) {
  try {
    std::rethrow_exception(error);
  } catch (...) {
    return text_of_current_exception();
  }
}

}  // namespace coir::detail
