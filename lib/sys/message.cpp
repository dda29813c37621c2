// SPDX-License-Identifier: BSL-1.0
/// sendmsg and recvmsg.

#include "sys/message.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>

#include <sys/socket.h>
#include <sys/uio.h>

#include <coir/base/check.hpp>

namespace coir::detail {

std::pair<descriptor, descriptor> socket_pair() {
  int ends[2];
  checked(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends),
          "coir: no pair of sockets for a process; raise `ulimit -n`");
  return {descriptor(ends[0]), descriptor(ends[1])};
}

int send_message(int socket, std::initializer_list<byte_view> parts,
                 std::span<int const> descriptors, bool wait) noexcept {
  std::array<iovec, 4> pieces;
  if (parts.size() > pieces.size() || descriptors.size() > message::most_descriptors)
    die("a message of too many parts");
  std::size_t count = 0;
  for (byte_view const part : parts)
    pieces[count++] = {const_cast<std::byte*>(part.data()), part.size()};
  msghdr header{};
  header.msg_iov = pieces.data();
  header.msg_iovlen = count;

  alignas(cmsghdr) std::array<char, CMSG_SPACE(message::most_descriptors * sizeof(int))> control{};
  if (!descriptors.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
    cmsghdr* const rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size() * sizeof(int));
  }
  int patience = 10'000;  // until the peer has taken some of the descriptors that are on their way
  for (;;) {
    if (::sendmsg(socket, &header, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT)) >= 0) return 0;
    if (errno == ETOOMANYREFS && wait && --patience > 0) {
      timespec const moment{0, 1'000'000};
      ::nanosleep(&moment, nullptr);
    } else if (errno != EINTR) {
      return errno;
    }
  }
}

bool receive_message(int socket, std::span<std::byte> room, message& into, bool wait) noexcept {
  iovec piece{room.data(), room.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(message::most_descriptors * sizeof(int))> control;
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t size;
  // A peer that has left messages unread is an error, told once, and before what it has sent itself.
  do {
    size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
  } while (size == -1 && (errno == EINTR || errno == ECONNRESET));
  if (size == -1 && errno == EAGAIN) return false;
  into.size = size > 0 ? static_cast<std::size_t>(size) : 0;  // an error: there is no such socket

  for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS) continue;
    std::size_t const count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(at) + i * sizeof(int), sizeof fd);
      into.descriptors[i] = descriptor(fd);
    }
  }
  return true;
}

}  // namespace coir::detail
