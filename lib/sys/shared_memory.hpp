// SPDX-License-Identifier: BSL-1.0
/// Memory that several processes share, for as long as one of them has it.

#pragma once

#include <cstddef>
#include <span>

#include <sys/types.h>

#include <coir/sys/descriptor.hpp>

namespace coir::detail {

/// A file without a name, mapped. Copies that fork() makes of the process share it; others get it with its
/// descriptor. The system frees it with the last of them, however that ends. Pages nobody has touched are
/// zero, and take no memory.
class shared_memory {
 public:
  /// Fresh memory.
  ///   Throws: std::system_error.
  explicit shared_memory(std::size_t size);
  /// That in `file`.
  shared_memory(descriptor file, std::size_t size);
  shared_memory(shared_memory const&) = delete;
  shared_memory& operator=(shared_memory const&) = delete;
  ~shared_memory();

  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }

  /// Its descriptor, to be handed on; -1: this process has none any more, being a copy of one that had.
  [[nodiscard]] int file() const noexcept;
  /// Whether it lies in the file of this descriptor.
  [[nodiscard]] bool is_in(int file) const noexcept;
  /// Everybody has it who is to have it.
  void close_file() noexcept { file_ = descriptor(); }

 private:
  descriptor file_;
  dev_t device_ =
      0;  // which file it is: in a process that the fork server has made, the same number
  ino_t inode_ = 0;  // may be another's descriptor
  std::span<std::byte> bytes_;
};

}  // namespace coir::detail
