// SPDX-License-Identifier: BSL-1.0
/// memfd and mmap.

#include "sys/memory_file.hpp"

#include <cerrno>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

namespace coir::detail {

mapped_file::mapped_file(descriptor const& file, std::size_t size, bool writable) {
  if (size == 0) return;
  void* const at = ::mmap(nullptr, size, PROT_READ | (writable ? PROT_WRITE : 0),
                          MAP_SHARED | MAP_POPULATE, file.get(), 0);
  if (at == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "coir: cannot map a file in memory");
  bytes_ = {static_cast<std::byte*>(at), size};
}

mapped_file::~mapped_file() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

descriptor make_memory_file() {
  return descriptor(checked(::memfd_create("coir", MFD_CLOEXEC), "coir: no file in memory"));
}

void append_to_file(descriptor const& file, std::span<std::byte const> content) {
  while (!content.empty()) {
    ssize_t const written = ::write(file.get(), content.data(), content.size());
    if (written == -1 && errno == EINTR) continue;
    checked(static_cast<int>(written >= 0 ? 0 : -1), "coir: cannot fill a file in memory");
    content = content.subspan(static_cast<std::size_t>(written));
  }
}

}  // namespace coir::detail
