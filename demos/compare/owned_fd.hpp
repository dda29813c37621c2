// SPDX-License-Identifier: BSL-1.0
/// A file descriptor that is closed with its scope.
#pragma once

#include <unistd.h>

#include <utility>

namespace demos::compare {

/// Owns one descriptor, or none (-1).
class owned_fd {
 public:
  owned_fd() = default;
  explicit owned_fd(int fd) : fd_(fd) {}
  owned_fd(owned_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  owned_fd& operator=(owned_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~owned_fd() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

}  // namespace demos::compare
