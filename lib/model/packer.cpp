// SPDX-License-Identifier: BSL-1.0
/// From few bytes to many, and from memory to a file.

#include "model/packer.hpp"

#include <cstring>
#include <stdexcept>
#include <string>

#include <fcntl.h>

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

/// A copy, for whatever it was taken from may be gone before the message is sent.
void packer::attach(int file) {
  if (attached_.size() == message::most_attached)
    throw std::invalid_argument("coir: more than " + std::to_string(message::most_attached) +
                                " shared things go to a task at once; have one stand for several");
  attached_.emplace_back(checked(::fcntl(file, F_DUPFD_CLOEXEC, 0),
                                 "coir: no descriptor to go along; raise `ulimit -n`"));
}

packer::cargo::cargo(packer const& of, int first) noexcept {
  if (first >= 0) all_[count_++] = first;
  for (descriptor const& each : of.attached_) all_[count_++] = each.get();
  if (of.file_) all_[count_++] = of.file_.get();
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
