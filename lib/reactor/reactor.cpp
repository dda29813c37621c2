// SPDX-License-Identifier: BSL-1.0
/// epoll and its bell.

#include "reactor/reactor.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/time_left.hpp"

namespace coir::detail {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// epoll_wait with a timeout in nanoseconds where the kernel has it (5.11), else in whole
/// milliseconds, rounded up so that no sleep ends early.
int wait(int epoll, epoll_event* events, int room, nanoseconds timeout, bool forever) {
#if defined(SYS_epoll_pwait2)
  static std::atomic<bool> exact{true};
  if (exact.load(std::memory_order_relaxed)) {
    timespec const span = to_timespec(timeout);
    auto const count = static_cast<int>(
        ::syscall(SYS_epoll_pwait2, epoll, events, room, forever ? nullptr : &span, nullptr, 0));
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    exact.store(false, std::memory_order_relaxed);
  }
#endif
  if (forever) return ::epoll_wait(epoll, events, room, -1);
  auto const rounded = std::chrono::ceil<milliseconds>(timeout).count();
  return ::epoll_wait(epoll, events, room, rounded > INT_MAX ? INT_MAX : static_cast<int>(rounded));
}

void add(int epoll, int fd, std::uint32_t events) {
  epoll_event interest{};
  interest.events = events;
  interest.data.fd = fd;
  checked(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &interest), "coir: epoll_ctl");
}

}  // namespace

/// Each ring of the bell ends one sleep, so it need not be read: what it counts to is never reached.
reactor::reactor()
    : bell_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "coir: eventfd")),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "coir: epoll_create1")) {
  add(epoll_.get(), bell_.get(), EPOLLIN | EPOLLET);
}

void reactor::watch(int fd) { add(epoll_.get(), fd, EPOLLIN); }

bool reactor::sleep(time_point until) {
  std::array<epoll_event, 16> events;
  bool const forever = until == never;
  int const count = wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                         forever ? nanoseconds::zero() : time_left(until), forever);
  if (count < 0) {
    if (errno == EINTR) return false;
    checked(count, "coir: epoll_wait");
  }
  bool watched = false;
  for (int i = 0; i < count; ++i)
    if (events[static_cast<std::size_t>(i)].data.fd != bell_.get()) watched = true;
  return watched;
}

}  // namespace coir::detail
