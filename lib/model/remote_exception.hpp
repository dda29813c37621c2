// SPDX-License-Identifier: BSL-1.0
/// What a task throws, on its way from its process to who waits for it.

#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>

#include <coir/model/archive.hpp>

namespace coir::detail {

/// Appends `error` to `out`. What does not travel is packed as the remote_error that it will be.
void pack_exception(std::exception_ptr const& error, output_archive& out);

/// Takes what was packed from the front of `in`.
std::exception_ptr unpack_exception(input_archive& in);

/// How exceptions of one type travel. Made as a global, it makes itself known; its address then means
/// the same in all processes of the program, which are forks of one another.
///
/// Only what is of this very type: of a derived one something would get lost.
class exception_kind {
 public:
  /// `error` is an object of the type.
  using packer = void (*)(void const* error, output_archive& out);
  using unpacker = std::exception_ptr (*)(input_archive& in);
  /// `outer`, of the type, as std::throw_with_nested() throws it while `inner` is handled.
  using nester = std::exception_ptr (*)(std::exception_ptr const& outer,
                                        std::exception_ptr const& inner);

  exception_kind(std::type_info const& type, packer pack, unpacker unpack, nester nest) noexcept;
  exception_kind(exception_kind const&) = delete;

  static exception_kind const* find(std::type_info const& type) noexcept;

  std::type_info const& type;
  packer const pack;
  unpacker const unpack;
  nester const nest;  // null: of these there is no nested one

 private:
  exception_kind const* const next_;
};

/// The nester of a kind.
template <class E>
std::exception_ptr with_nested(std::exception_ptr const& outer, std::exception_ptr const& inner) {
  try {
    std::rethrow_exception(outer);
  } catch (E& error) {
    try {
      std::rethrow_exception(inner);
    } catch (...) {
      try {
        std::throw_with_nested(std::move(error));
      } catch (...) {
        return std::current_exception();
      }
    }
  }
}

// The parts of which they are packed.
void pack_number(std::int64_t number, output_archive& out);
void pack_text(std::string_view text, output_archive& out);
std::int64_t unpack_number(input_archive& in);
std::string unpack_text(input_archive& in);

}  // namespace coir::detail
