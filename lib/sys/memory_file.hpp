// SPDX-License-Identifier: BSL-1.0
/// Files without a name, in memory: how processes hand each other what is too big for a message.

#pragma once

#include <cstddef>
#include <span>

#include <coir/sys/descriptor.hpp>

namespace coir::detail {

/// The whole of a file, as memory. Gone with this object.
class mapped_file {
 public:
  mapped_file() = default;
  /// The first `size` bytes, to be read; with `writable`, to be written too.
  ///   Throws: std::system_error.
  mapped_file(descriptor const& file, std::size_t size, bool writable = false);
  mapped_file(mapped_file const&) = delete;
  mapped_file& operator=(mapped_file const&) = delete;
  ~mapped_file();

  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

/// A new file, empty.
///   Throws: std::system_error when there is no descriptor left.
descriptor make_memory_file();

/// Writes at its end.
///   Throws: std::system_error when there is no memory left.
void append_to_file(descriptor const& file, std::span<std::byte const> content);

}  // namespace coir::detail
