// SPDX-License-Identifier: BSL-1.0
/// remote_error: an exception of a type that does not travel.

#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <coir/base/config.hpp>

namespace coir {

/// Thrown here for what a task has thrown in its process, if that was not of a type that travels.
///
/// Those of <stdexcept>, <system_error>, <new> and the like do, and coir's own: they come back as what
/// they were. what() is "TYPE: message" here, or the type alone if there is no message.
class COIR_EXPORT remote_error : public std::runtime_error {
 public:
  remote_error(std::string type, std::string message, std::string backtrace = {})
      : std::runtime_error(message.empty() ? type : type + ": " + message),
        type_(std::move(type)),
        message_(std::move(message)),
        backtrace_(std::move(backtrace)) {}

  /// The type's name, as it is written in code: "my::parse_error".
  [[nodiscard]] std::string const& type_name() const noexcept { return type_; }
  /// Its what(); empty if it was no std::exception.
  [[nodiscard]] std::string const& message() const noexcept { return message_; }
  /// The calls that it came from, innermost first, a line each: "program+0x1234" (x86-64; else empty).
  [[nodiscard]] std::string const& backtrace() const noexcept { return backtrace_; }

 private:
  std::string type_;
  std::string message_;
  std::string backtrace_;
};

}  // namespace coir
