// SPDX-License-Identifier: BSL-1.0
/// An owned file descriptor.

#pragma once

#include <utility>

#include <coir/base/config.hpp>

namespace coir::detail {

/// Closes its descriptor when it goes. Move-only.
class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  COIR_EXPORT ~descriptor();

  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

  /// Hands the descriptor over to the caller, who is to close it.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;  // -1: none
};

/// `result` as it is, or, when it is -1, a std::system_error of errno that starts with `what`.
COIR_EXPORT int checked(int result, char const* what);

}  // namespace coir::detail
