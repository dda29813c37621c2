// SPDX-License-Identifier: BSL-1.0
/// memfd and mmap, for writing.

#include "sys/shared_memory.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace coir::detail {
namespace {

descriptor make_file(std::size_t size) {
  descriptor file(
      checked(::memfd_create("coir-shared", MFD_CLOEXEC), "coir: no memory to be shared"));
  checked(::ftruncate(file.get(), static_cast<off_t>(size)), "coir: no memory to be shared");
  return file;
}

}  // namespace

shared_memory::shared_memory(std::size_t size) : shared_memory(make_file(size), size) {}

shared_memory::shared_memory(descriptor file, std::size_t size) : file_(std::move(file)) {
  struct stat which {};
  checked(::fstat(file_.get(), &which), "coir: what is shared has no file");
  device_ = which.st_dev;
  inode_ = which.st_ino;
  void* const at =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file_.get(), 0);
  if (at == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "coir: cannot map shared memory");
  bytes_ = {static_cast<std::byte*>(at), size};
}

shared_memory::~shared_memory() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
  if (file() < 0) (void)file_.release();
}

int shared_memory::file() const noexcept { return is_in(file_.get()) ? file_.get() : -1; }

bool shared_memory::is_in(int file) const noexcept {
  int const saved = errno;
  struct stat which {};
  bool const ours = ::fstat(file, &which) == 0 && which.st_dev == device_ && which.st_ino == inode_;
  errno = saved;
  return ours;
}

}  // namespace coir::detail
