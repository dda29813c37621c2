// SPDX-License-Identifier: BSL-1.0
/// Closing descriptors, and errno as an exception.

#include <coir/sys/descriptor.hpp>

#include <cerrno>
#include <system_error>

#include <unistd.h>

namespace coir::detail {

descriptor::~descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

int checked(int result, char const* what) {
  if (result == -1) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

}  // namespace coir::detail
