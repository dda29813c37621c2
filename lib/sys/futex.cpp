// SPDX-License-Identifier: BSL-1.0
/// The futex system call.

#include <coir/sys/futex.hpp>

#include <cerrno>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace coir::detail {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                time_point deadline) noexcept {
  timespec until{};
  if (deadline != never) {
    auto const since = deadline.time_since_epoch();
    if (since.count() < 0) return;
    auto const whole = std::chrono::duration_cast<std::chrono::seconds>(since);
    until.tv_sec = static_cast<std::time_t>(whole.count());
    until.tv_nsec = static_cast<long>((since - whole).count());
  }
  // FUTEX_WAIT_BITSET takes a point on CLOCK_MONOTONIC, which is steady_clock: nothing to convert,
  // and a signal in between does not stretch the wait.
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected,
            deadline == never ? nullptr : &until, nullptr, FUTEX_BITSET_MATCH_ANY);
}

void futex_wake(std::atomic<std::uint32_t>* word, int count) noexcept {
  int const saved = errno;  // EFAULT is no news, and a waker's errno is not ours to change
  ::syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
  errno = saved;
}

}  // namespace coir::detail
