// SPDX-License-Identifier: BSL-1.0
/// Values as bytes, on their way to another process and out of it.

#pragma once

#include <cstddef>
#include <cstring>
#include <span>

#include <coir/base/config.hpp>
#include <coir/sys/descriptor.hpp>

namespace coir {

class input_archive;
class output_archive;

namespace detail {
template <class T>
void save(output_archive& out, T const& value);
template <class T>
void load_into(input_archive& in, T& value);
}  // namespace detail

/// Where values are packed. Says nothing of where the bytes go.
/// Thread: one at a time.
class COIR_EXPORT output_archive {
 public:
  output_archive(output_archive const&) = delete;
  output_archive& operator=(output_archive const&) = delete;

  /// Packs values one after another (coir::portable says of which types).
  ///   Throws: std::system_error when there is no more memory for them.
  template <class... T>
  output_archive& operator()(T const&... values) {
    (detail::save(*this, values), ...);
    return *this;
  }

  /// Appends bytes.
  void write(void const* from, std::size_t size) {
    if (size > static_cast<std::size_t>(end_ - at_)) return overflow(from, size);
    if (size != 0) std::memcpy(at_, from, size);
    at_ += size;
  }

  /// Appends zeroes, until what is packed next lies at a multiple of `alignment`.
  void align(std::size_t alignment) {
    std::byte const nothing[alignof(std::max_align_t)]{};
    std::size_t const misaligned = size() % alignment;
    if (misaligned != 0 && alignment <= sizeof nothing) write(nothing, alignment - misaligned);
  }

  /// Has a copy of a file's descriptor go along.
  ///   Throws: std::logic_error if nothing but bytes can; std::system_error.
  virtual void attach(int file);

  /// For the library: which argument of a call is being packed, from 1 on.
  std::size_t argument = 0;

  /// How many bytes were packed.
  [[nodiscard]] std::size_t size() const noexcept {
    return before_ + static_cast<std::size_t>(at_ - begin_);
  }

 protected:
  output_archive() = default;
  ~output_archive() = default;

  /// Appends what has no room between at_ and end_.
  virtual void overflow(void const* from, std::size_t size) = 0;

  std::byte* begin_ = nullptr;  // of the memory at hand
  std::byte* at_ = nullptr;     // where the next byte goes
  std::byte* end_ = nullptr;    // where it ends
  std::size_t before_ = 0;      // packed before it began
};

/// Where values are unpacked, in the order in which they were packed.
/// Thread: one at a time.
class COIR_EXPORT input_archive {
 public:
  /// `attached`: what came along, in the order in which it was attached.
  explicit input_archive(std::span<std::byte const> packed,
                         std::span<detail::descriptor> attached = {}) noexcept
      : begin_(packed.data()), left_(packed), attached_(attached) {}
  input_archive(input_archive const&) = delete;
  input_archive& operator=(input_archive const&) = delete;

  /// Unpacks values one after another.
  ///   Throws: std::runtime_error if too little is left for them.
  template <class... T>
  input_archive& operator()(T&... values) {
    (detail::load_into(*this, values), ...);
    return *this;
  }

  /// Takes bytes.
  ///   Throws: std::runtime_error if there are not so many left.
  void read(void* to, std::size_t size) {
    if (std::byte const* const from = take(size); size != 0) std::memcpy(to, from, size);
  }

  /// The same, without copying them.
  std::byte const* take(std::size_t size) {
    if (size > left_.size()) end_too_soon(size);
    std::byte const* const from = left_.data();
    left_ = left_.subspan(size);
    return from;
  }

  /// The same of `count` times `size` bytes.
  std::byte const* take_many(std::size_t count, std::size_t size) {
    if (count > left_.size() / size) end_too_soon(count, size);
    return take(count * size);
  }

  /// Passes over what output_archive::align() has appended.
  void align(std::size_t alignment) {
    std::size_t const misaligned = static_cast<std::size_t>(left_.data() - begin_) % alignment;
    if (misaligned != 0 && alignment <= alignof(std::max_align_t)) take(alignment - misaligned);
  }

  /// Takes the next descriptor that came along.
  ///   Throws: std::runtime_error if there is none.
  detail::descriptor take_attached();

  /// How many bytes are left.
  [[nodiscard]] std::size_t left() const noexcept { return left_.size(); }

 private:
  [[noreturn]] COIR_COLD void end_too_soon(std::size_t count, std::size_t size = 1) const;

  std::byte const* const begin_;
  std::span<std::byte const> left_;
  std::span<detail::descriptor> attached_;
};

}  // namespace coir
