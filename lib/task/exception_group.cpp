// SPDX-License-Identifier: BSL-1.0
/// What a group of failures says.

#include <coir/task/exception_group.hpp>

#include <typeinfo>

#include <cxxabi.h>

#include "base/exception_text.hpp"
#include "base/type_name.hpp"
#include "model/remote_exception.hpp"

namespace coir {
namespace {

/// Its members travel as themselves.
detail::exception_kind const of_group(
    typeid(exception_group),
    [](void const* error, output_archive& out) {
      auto const& errors = static_cast<exception_group const*>(error)->errors();
      detail::pack_number(static_cast<std::int64_t>(errors.size()), out);
      for (auto const& each : errors) detail::pack_exception(each, out);
    },
    [](input_archive& in) {
      std::vector<std::exception_ptr> errors;
      for (auto left = detail::unpack_number(in); left > 0; --left)
        errors.push_back(detail::unpack_exception(in));
      return std::make_exception_ptr(exception_group(std::move(errors)));
    },
    &detail::with_nested<exception_group>);

}  // namespace

namespace {

std::string count_of(std::vector<std::exception_ptr> const& errors) {
  return std::to_string(errors.size()) + (errors.size() == 1 ? " failure" : " failures");
}

/// One member in one line.
std::string line_of(std::exception_ptr const& error) {
  try {
    std::rethrow_exception(error);
  } catch (exception_group const& nested) {
    return std::string("(") + nested.what() + ")";
  } catch (...) {
    return detail::text_of_current_exception();
  }
}

/// One member with its type, and in as many lines as it needs.
std::string branch_of(std::exception_ptr const& error) {
  try {
    std::rethrow_exception(error);
  } catch (exception_group const& nested) {
    return nested.tree();
  } catch (std::exception const& e) {
    return detail::type_name(typeid(e)) + ": " + detail::text_of(e);
  } catch (cancelled const& c) {
    return detail::text_of(c);
  } catch (...) {
    std::type_info const* const type = abi::__cxa_current_exception_type();
    return type != nullptr ? detail::type_name(*type) : "an exception of another language";
  }
}

/// `text` with `prefix` before each of its lines but the first.
std::string indented(std::string const& text, char const* prefix) {
  std::string lines;
  for (char const c : text) {
    lines += c;
    if (c == '\n') lines += prefix;
  }
  return lines;
}

}  // namespace

exception_group::exception_group(std::vector<std::exception_ptr> errors)
    : errors_(std::move(errors)) {
  text_ = count_of(errors_);
  char const* before = ": ";
  for (std::exception_ptr const& each : errors_) {
    text_ += before + line_of(each);
    before = "; ";
  }
}

std::string exception_group::tree() const {
  std::string text = count_of(errors_);
  for (std::exception_ptr const& each : errors_) {
    bool const last = &each == &errors_.back();
    text += last ? "\n`- " : "\n|- ";
    text += indented(branch_of(each), last ? "   " : "|  ");
  }
  return text;
}

}  // namespace coir
