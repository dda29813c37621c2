// SPDX-License-Identifier: BSL-1.0
/// A stack overflow says whose it was; it is never a bare segmentation fault.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <coir/base/config.hpp>

namespace coir::detail {

/// Whose stack overflowed.
struct overflow_report {
  char name[64];  // of the task, zero-terminated
  std::uint64_t id;
  std::size_t stack_size;
};

/// Asks whether the calling thread's running task would fault at `address` because its stack is
/// full; fills `report` if so. Async-signal-safe.
using overflow_probe = bool (*)(void const* address, overflow_report& report) noexcept;

/// Catches SIGSEGV from now on, for the whole process: an overflow is reported as `probe` tells it,
/// with a backtrace, and then ends the process by SIGSEGV; every other fault goes to whoever handled
/// SIGSEGV before. Calls after the first do nothing.
void catch_overflows(overflow_probe probe);

/// Gives the calling thread a stack for its signal handlers, if it has none that is big enough,
/// while it lives: the handler cannot run on the stack that overflowed.
class signal_stack {
 public:
  signal_stack();
  ~signal_stack();
  signal_stack(signal_stack const&) = delete;
  signal_stack& operator=(signal_stack const&) = delete;

 private:
  static constexpr std::size_t size = 64 * 1024;
  void* memory_ = nullptr;  // null: the thread had one
  void* previous_low_ = nullptr;
  std::size_t previous_size_ = 0;
};

}  // namespace coir::detail
