// SPDX-License-Identifier: BSL-1.0
/// The futex system call.

#include <coir/sys/futex.hpp>

#include <array>
#include <cerrno>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace coir::detail {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

namespace {

/// The point of time as the kernel takes it: on CLOCK_MONOTONIC, which is steady_clock.
struct kernel_time {
  explicit kernel_time(time_point deadline) noexcept {
    if (deadline == never) return;
    auto const since = deadline.time_since_epoch();
    auto const whole = std::chrono::duration_cast<std::chrono::seconds>(since);
    at.tv_sec = static_cast<std::time_t>(whole.count());
    at.tv_nsec = static_cast<long>((since - whole).count());
    given = &at;
  }
  timespec at{};
  timespec* given = nullptr;  // null: forever
};

/// FUTEX_WAIT_BITSET takes a point of time, so a signal in between does not stretch the wait.
void wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline,
          int whose) noexcept {
  if (deadline.time_since_epoch().count() < 0) return;
  kernel_time const until(deadline);
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | whose, expected, until.given, nullptr,
            FUTEX_BITSET_MATCH_ANY);
}

void wake(std::atomic<std::uint32_t>* word, int count, int whose) noexcept {
  int const saved = errno;  // EFAULT is no news, and a waker's errno is not ours to change
  ::syscall(SYS_futex, word, FUTEX_WAKE | whose, count, nullptr, nullptr, 0);
  errno = saved;
}

}  // namespace

void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                time_point deadline) noexcept {
  wait(word, expected, deadline, FUTEX_PRIVATE_FLAG);
}

void futex_wake(std::atomic<std::uint32_t>* word, int count) noexcept {
  wake(word, count, FUTEX_PRIVATE_FLAG);
}

void shared_futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                       time_point deadline) noexcept {
  wait(word, expected, deadline, 0);
}

void shared_futex_wake(std::atomic<std::uint32_t>* word, int count) noexcept {
  wake(word, count, 0);
}

#if defined(SYS_futex_waitv)

bool can_wait_for_either() noexcept {
  static bool const can = [] {
    int const saved = errno;
    ::syscall(SYS_futex_waitv, nullptr, 0, 0, nullptr, CLOCK_MONOTONIC);
    bool const known = errno == EINVAL;  // and not ENOSYS, or EPERM from a container
    errno = saved;
    return known;
  }();
  return can;
}

void futex_wait_for_either(std::atomic<std::uint32_t>& own, std::uint32_t expected_own,
                           std::atomic<std::uint32_t>& shared, std::uint32_t expected_shared,
                           time_point deadline) noexcept {
  if (deadline.time_since_epoch().count() < 0) return;
  kernel_time until(deadline);
  std::array<futex_waitv, 2> words{};
  words[0].uaddr = reinterpret_cast<std::uintptr_t>(&own);
  words[0].val = expected_own;
  words[0].flags = FUTEX_32 | FUTEX_PRIVATE_FLAG;
  words[1].uaddr = reinterpret_cast<std::uintptr_t>(&shared);
  words[1].val = expected_shared;
  words[1].flags = FUTEX_32;
  ::syscall(SYS_futex_waitv, words.data(), words.size(), 0, until.given, CLOCK_MONOTONIC);
}

#else

bool can_wait_for_either() noexcept { return false; }

void futex_wait_for_either(std::atomic<std::uint32_t>&, std::uint32_t, std::atomic<std::uint32_t>&,
                           std::uint32_t, time_point) noexcept {}

#endif

}  // namespace coir::detail
