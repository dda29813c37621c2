// SPDX-License-Identifier: BSL-1.0
/// From few bytes to many, and from memory to a file.

#include "model/packer.hpp"

#include <cstring>

#include "sys/memory_file.hpp"

namespace coir::detail {

void packer::overflow(void const* from, std::size_t size) {
  if (many_ == nullptr) {
    many_ = std::make_unique_for_overwrite<std::byte[]>(most_in_memory);
    auto const packed = static_cast<std::size_t>(at_ - few_.data());
    std::memcpy(many_.get(), few_.data(), packed);
    copied_ += packed;
    begin_ = many_.get();
    at_ = begin_ + packed;
    end_ = begin_ + most_in_memory;
  } else if (!file_) {
    file_ = make_memory_file();
  }
  if (file_) flush();
  if (size <= static_cast<std::size_t>(end_ - at_)) return write(from, size);
  if (!file_) return overflow(from, size);
  write_to_file(from, size);
}

void packer::finish() {
  if (file_) flush();
}

void packer::flush() {
  std::size_t const held = static_cast<std::size_t>(at_ - begin_);
  write_to_file(begin_, held);
  copied_ += held;
  at_ = begin_;
}

void packer::write_to_file(void const* from, std::size_t size) {
  append_to_file(file_, {static_cast<std::byte const*>(from), size});
  before_ += size;
}

}  // namespace coir::detail
