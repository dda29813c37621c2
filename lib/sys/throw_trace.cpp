// SPDX-License-Identifier: BSL-1.0
/// A frame whose personality takes notes.

#include "sys/throw_trace.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#if defined(__x86_64__)
#include <execinfo.h>
#include <unwind.h>
#endif

#include "sys/code_address.hpp"

namespace coir::detail {

#if defined(__x86_64__)

namespace {

struct trace {
  std::array<void*, 64> calls;
  std::size_t size = 0;
};

thread_local trace last;

}  // namespace

// The language has no way to name a function's personality, so the frame is written out. Its calls end
// between the two labels.
asm(R"(
    .pushsection .text
    .p2align 4
    .type coir_call_traced, @function
coir_call_traced:
    .cfi_startproc
    .cfi_personality 0x1b, coir_note_throw
    push %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset rbp, -16
    mov %rsp, %rbp
    .cfi_def_cfa_register rbp
    mov %rdi, %rax
    mov %rsi, %rdi
    call *%rax
coir_call_traced_returns:
    pop %rbp
    .cfi_def_cfa rsp, 8
    ret
    .cfi_endproc
    .size coir_call_traced, . - coir_call_traced
    .popsection
)");
extern "C" {
void coir_call_traced(void (*function)(void*), void* argument);
extern char const coir_call_traced_returns;

/// The unwinder asks it, as the C++ ABI says.
__attribute__((visibility("hidden"), used)) _Unwind_Reason_Code coir_note_throw(
    int, _Unwind_Action actions, _Unwind_Exception_Class, _Unwind_Exception*, _Unwind_Context*) {
  if ((actions & _UA_SEARCH_PHASE) != 0) {
    int const size = ::backtrace(last.calls.data(), static_cast<int>(last.calls.size()));
    last.size = static_cast<std::size_t>(std::max(size, 0));
  }
  return _URC_CONTINUE_UNWIND;
}
}

void call_traced(void (*function)(void*), void* argument) {
  last.size = 0;
  coir_call_traced(function, argument);
}

std::string take_throw_trace() {
  constexpr std::size_t unwinder = 3;  // this file's, libgcc's and libstdc++'s
  std::string text;
  std::size_t const size = std::exchange(last.size, 0);
  for (std::size_t i = unwinder; i < size; ++i) {
    if (last.calls[i] == &coir_call_traced_returns) break;
    std::string const call = describe_return_address(last.calls[i]);
    if (!call.empty()) text += call + '\n';
  }
  return text;
}

#else

void call_traced(void (*function)(void*), void* argument) { function(argument); }

std::string take_throw_trace() { return {}; }

#endif

}  // namespace coir::detail
