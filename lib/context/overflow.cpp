// SPDX-License-Identifier: BSL-1.0
/// The SIGSEGV handler and its stack.

#include "context/overflow.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <mutex>

#include <execinfo.h>
#include <sys/mman.h>
#include <unistd.h>

#include <coir/sys/descriptor.hpp>

namespace coir::detail {
namespace {

struct sigaction previous;  // who handled SIGSEGV before us
std::atomic<overflow_probe> probe_{nullptr};

void report_overflow(overflow_report const& report) {
  char line[160];
  int const length = std::snprintf(
      line, sizeof line, "coir: stack overflow in task %s (id %llu, stack size %zu)\n", report.name,
      static_cast<unsigned long long>(report.id), report.stack_size);
  (void)!::write(STDERR_FILENO, line, static_cast<std::size_t>(length));
  // A runaway recursion repeats itself: its innermost frames tell enough.
  void* frames[32];
  ::backtrace_symbols_fd(frames, ::backtrace(frames, 32), STDERR_FILENO);
}

void on_fault(int signal, siginfo_t* info, void* context) {
  overflow_report report{};
  overflow_probe const probe = probe_.load(std::memory_order_relaxed);
  if (probe(info->si_addr, report)) {
    report_overflow(report);
  } else if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
    return;
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
    return;
  }
  // Delivered on return from here, whether it was a fault or another process that sent the signal.
  std::signal(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace

void catch_overflows(overflow_probe probe) {
  static std::once_flag once;
  std::call_once(once, [probe] {
    probe_.store(probe, std::memory_order_relaxed);
    void* warm[1];
    ::backtrace(warm, 1);  // loads what it needs now, not inside the handler
    struct sigaction action {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigemptyset(&action.sa_mask);
    checked(::sigaction(SIGSEGV, &action, &previous), "coir: sigaction(SIGSEGV)");
  });
}

signal_stack::signal_stack() {
  stack_t current{};
  ::sigaltstack(nullptr, &current);
  if ((current.ss_flags & SS_DISABLE) == 0 && current.ss_size >= size / 2) return;
  void* const memory =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) checked(-1, "coir: mmap of a signal stack");
  stack_t own{};
  own.ss_sp = memory;
  own.ss_size = size;
  if (::sigaltstack(&own, nullptr) != 0) {
    int const error = errno;
    ::munmap(memory, size);
    errno = error;
    checked(-1, "coir: sigaltstack");
  }
  memory_ = memory;
  if ((current.ss_flags & SS_DISABLE) == 0) {
    previous_low_ = current.ss_sp;
    previous_size_ = current.ss_size;
  }
}

signal_stack::~signal_stack() {
  if (memory_ == nullptr) return;
  stack_t back{};
  back.ss_sp = previous_low_;
  back.ss_size = previous_size_;
  if (previous_low_ == nullptr) back.ss_flags = SS_DISABLE;
  ::sigaltstack(&back, nullptr);
  ::munmap(memory_, size);
}

}  // namespace coir::detail
