// SPDX-License-Identifier: BSL-1.0
/// Messages between processes, with descriptors in them: sockets of the kind SOCK_SEQPACKET.

#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <utility>

#include <coir/sys/descriptor.hpp>

namespace coir::detail {

using byte_view = std::span<std::byte const>;

/// The bytes of `value`, as they lie in memory.
template <class T>
byte_view bytes_of(T const& value) noexcept {
  return std::as_bytes(std::span<T const, 1>(&value, 1));
}

/// What a message may be at most, descriptors apart: more goes by a file in memory.
inline constexpr std::size_t largest_message = 64 * 1024;

/// Two sockets, each the other's peer. A message arrives whole or not at all; who sends to a peer that
/// is gone is told so, and gets no SIGPIPE.
///   Throws: std::system_error when there is no descriptor left.
std::pair<descriptor, descriptor> socket_pair();

/// Sends `parts`, one after another, as one message, with copies of the descriptors.
///   Blocks: the thread, while the peer's buffer is full; not if `wait` is false.
///   Returns: 0, or what errno says.
int send_message(int socket, std::initializer_list<byte_view> parts,
                 std::span<int const> descriptors = {}, bool wait = true) noexcept;

/// A message that was received.
struct message {
  static constexpr std::size_t most_attached = 30;                    // by values
  static constexpr std::size_t most_descriptors = most_attached + 2;  // and by the message itself

  std::size_t size = 0;  // 0: the peer is gone
  std::array<descriptor, most_descriptors> descriptors;
};

/// Receives the next message into `room`, which is large enough for any.
///   Blocks: the thread, if `wait` is true.
///   Returns: false if there is none now.
bool receive_message(int socket, std::span<std::byte> room, message& into,
                     bool wait = false) noexcept;

}  // namespace coir::detail
