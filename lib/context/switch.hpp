// SPDX-License-Identifier: BSL-1.0
/// The switch: one execution stops, another goes on where it had stopped.

#pragma once

#include <utility>

#include <cxxabi.h>

#include <boost/context/detail/fcontext.hpp>

#include <coir/context/execution.hpp>

#include "context/sanitizer.hpp"
#include "context/stack.hpp"

namespace coir::detail {

/// The exceptions in flight and being handled, which the C++ runtime keeps per thread. Two fields,
/// laid out by the Itanium C++ ABI (2.2.2). Each execution has its own: without that, a yield in a
/// catch block would let another fiber's `throw;` rethrow the wrong exception.
struct exception_state {
  void* caught = nullptr;
  unsigned int uncaught = 0;

  [[nodiscard]] bool any() const noexcept { return caught != nullptr || uncaught != 0; }
};

/// The calling thread's exception state. Fibers never leave their thread, so a worker asks once.
inline exception_state& exceptions_of_this_thread() noexcept {
  return *reinterpret_cast<exception_state*>(__cxxabiv1::__cxa_get_globals());
}

/// Makes `fresh` ready to run `entry` on `on` at the first switch to it. `entry` never returns; it
/// calls arrive() first.
inline void prepare(execution& fresh, stack& on,
                    void (*entry)(boost::context::detail::transfer_t)) {
  sanitizer::begin_stack(on);
  fresh.on = &on;
  fresh.resume_at =
      boost::context::detail::make_fcontext(on.high() - on.stagger, on.size - on.stagger, entry);
}

/// First thing in an `entry`: lets the execution that was left be resumed.
inline void arrive(boost::context::detail::transfer_t from) noexcept {
  static_cast<execution*>(from.data)->resume_at = from.fctx;
  sanitizer::switch_note::after_rest();
}

/// Boost's jump_fcontext(to, data).
///
/// It goes on elsewhere by a jump and never returns by `ret`, so an ordinary call of it leaves one
/// address too many on the processor's stack of predicted returns: each function that returns after a
/// switch is then mispredicted. Here the address to come back to is pushed without a call: a yield among
/// 1,000 fibers takes a fifth less time.
inline boost::context::detail::transfer_t jump(void* to, void* data) noexcept {
#if defined(__x86_64__) && !defined(__AVX512F__) && !COIR_ASAN && !COIR_TSAN
  boost::context::detail::transfer_t from;
  asm volatile(
      "lea -128(%%rsp), %%rsp\n\t"  // past what the compiler may keep below the stack pointer
      "lea 1f(%%rip), %%rax\n\t"
      "push %%rax\n\t"
      "jmp *%[jump]\n"
      "1:\n\t"
      "lea 128(%%rsp), %%rsp"
      : "=&a"(from.fctx), "=&d"(from.data), "+D"(to), "+S"(data)
      : [jump] "r"(&boost::context::detail::jump_fcontext)
      : "rcx", "r8", "r9", "r10", "r11", "memory", "cc", "mm0", "mm1", "mm2", "mm3", "mm4", "mm5",
        "mm6", "mm7", "st", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
        "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  return from;
#else
  return boost::context::detail::jump_fcontext(to, data);
#endif
}

/// Leaves `from`, which is running, for `to`, which is not. Returns when somebody switches back. No
/// exception is in flight or being handled.
inline void switch_without_exceptions(execution& from, execution& to) noexcept {
  sanitizer::switch_note note;
  note.before(*to.on);
  auto const back = jump(to.resume_at, &from);
  static_cast<execution*>(back.data)->resume_at = back.fctx;
  note.after();
}

/// The same with exceptions: who leaves takes them along and leaves none, so whoever goes on or begins
/// finds none but its own.
inline void switch_to(execution& from, execution& to, exception_state& exceptions) noexcept {
  exception_state const own = std::exchange(exceptions, {});
  switch_without_exceptions(from, to);
  exceptions = own;
}

/// Leaves a stack on which no task runs any more for `to`. Returns when somebody lets the next task begin
/// there, by a switch to where `host` then says.
inline void rest(execution& host, execution& to) noexcept {
  sanitizer::switch_note::before_rest(*to.on);
  auto const back = jump(to.resume_at, &host);
  static_cast<execution*>(back.data)->resume_at = back.fctx;
  sanitizer::switch_note::after_rest();
}

}  // namespace coir::detail
