// SPDX-License-Identifier: BSL-1.0
/// Numbers of processes are used again, times are not.

#include "shared/identity.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace coir::detail {
namespace {

constexpr unsigned time_bits = 42;  // and 22 for the number: no kernel counts further
constexpr std::uint64_t time_mask = (std::uint64_t{1} << time_bits) - 1;

pid_t number_of(process_identity process) noexcept {
  return static_cast<pid_t>(process >> time_bits);
}

/// When the process began, in the kernel's ticks; 0: nobody knows.
std::uint64_t start_of(pid_t process) noexcept {
  std::array<char, 32> name{"/proc/"};
  char* const end = std::to_chars(name.data() + 6, name.data() + 20, process).ptr;
  std::string_view("/stat").copy(end, 5);
  descriptor const file(::open(name.data(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> text;
  ssize_t const size = file ? ::read(file.get(), text.data(), text.size()) : 0;
  std::string_view left(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  // The name in brackets may hold anything. Behind it the time is the twentieth word.
  left.remove_prefix(std::min(left.rfind(')') + 1, left.size()));
  for (int words = 20; words > 0 && !left.empty(); --words)
    left.remove_prefix(std::min(left.find(' ') + 1, left.size()));
  std::uint64_t start = 0;
  std::from_chars(left.data(), left.data() + left.size(), start);
  return start & time_mask;
}

}  // namespace

process_identity own_identity() {
  pid_t const self = ::getpid();
  std::uint64_t const start = start_of(self);
  if (start == 0)
    throw std::system_error(errno, std::generic_category(),
                            "coir: what is shared between processes needs /proc/self/stat");
  return static_cast<std::uint64_t>(self) << time_bits | start;
}

descriptor watch_process(process_identity process, bool& is_gone) noexcept {
  int const saved = errno;
  pid_t const number = number_of(process);
  descriptor watch(static_cast<int>(::syscall(SYS_pidfd_open, number, 0)));
  if (!watch) {
    is_gone = errno == ESRCH;
  } else {
    // What it says of a number that is used anew is true of somebody else: so first who it is.
    bool const another = start_of(number) != (process & time_mask);
    pollfd look{watch.get(), POLLIN, 0};
    is_gone = another || ::poll(&look, 1, 0) > 0;
  }
  errno = saved;
  return is_gone ? descriptor() : std::move(watch);
}

bool is_gone(process_identity process) noexcept {
  bool gone = false;
  (void)watch_process(process, gone);
  return gone;
}

}  // namespace coir::detail
