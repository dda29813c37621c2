// SPDX-License-Identifier: BSL-1.0
/// An archive that fits into a message, or else lies in a file in memory.

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <coir/model/archive.hpp>
#include <coir/sys/descriptor.hpp>

#include "sys/message.hpp"

namespace coir::detail {

/// Packs values in memory of its own while they are few bytes, and in a file once they are more.
///
/// Into the file goes what is big straight from where it lies: so it is copied once, and nobody need
/// know its size before.
class packer final : public output_archive {
 public:
  /// What goes into a message, beside what else is said in it.
  static constexpr std::size_t most_in_memory = largest_message - 4096;

  packer() noexcept {
    begin_ = at_ = few_.data();
    end_ = at_ + few_.size();
  }

  /// Ends the packing: from now on the bytes are in memory(), or all of them in file().
  ///   Throws: std::system_error.
  void finish();
  [[nodiscard]] byte_view memory() const noexcept {
    return file_ ? byte_view() : byte_view(begin_, at_);
  }
  [[nodiscard]] descriptor const& file() const noexcept { return file_; }

  /// What goes along with the message that tells of this: `first`, unless it is -1, what was attached, and
  /// the file if there is one.
  class cargo {
   public:
    cargo(packer const& of, int first = -1) noexcept;
    operator std::span<int const>() const noexcept { return {all_.data(), count_}; }

   private:
    std::array<int, message::most_descriptors> all_;
    std::size_t count_ = 0;
  };
  [[nodiscard]] std::size_t attached() const noexcept { return attached_.size(); }

  void attach(int file) override;

  /// How many bytes were moved so far, each as often as it was.
  [[nodiscard]] std::size_t copied() const noexcept { return copied_ + size(); }

 private:
  void overflow(void const* from, std::size_t size) override;
  void flush();
  void write_to_file(void const* from, std::size_t size);

  std::array<std::byte, 512> few_;
  std::unique_ptr<std::byte[]> many_;  // most_in_memory of them; instead of the few
  descriptor file_;
  std::vector<descriptor> attached_;
  std::size_t copied_ = 0;  // more than once
};

}  // namespace coir::detail
