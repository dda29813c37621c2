// SPDX-License-Identifier: BSL-1.0
/// Stacks without anybody on them: what their memory alone costs.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <new>

namespace demos::bench {

/// Room for stacks as coir's pool cuts them: 256 KiB of addresses each, one page touched, a guard below.
class raw_stacks {
 public:
  explicit raw_stacks(int count) : count_(count) {
    void* const got = ::mmap(nullptr, length(), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (got == MAP_FAILED) throw std::bad_alloc();
    memory_ = static_cast<char*>(got);
    ::madvise(memory_, length(), MADV_NOHUGEPAGE);
  }
  raw_stacks(raw_stacks const&) = delete;
  ~raw_stacks() { ::munmap(memory_, length()); }

  /// Just above the i-th.
  [[nodiscard]] char* high(int i) const {
    return memory_ + static_cast<std::size_t>(i + 1) * pitch;
  }

  void touch_all() const {
    for (int i = 0; i < count_; ++i) high(i)[-1] = 1;
  }

  /// Linux 6.13 and later; false: this kernel has none that cost no mapping.
  [[nodiscard]] bool guard(int i) const {
    constexpr int guard_install = 102;  // MADV_GUARD_INSTALL
    return ::madvise(high(i) - pitch, guard_size, guard_install) == 0;
  }

 private:
  static constexpr std::size_t pitch = 256 * 1024, guard_size = 16 * 1024;

  [[nodiscard]] std::size_t length() const { return static_cast<std::size_t>(count_) * pitch; }

  int count_;
  char* memory_;
};

}  // namespace demos::bench
