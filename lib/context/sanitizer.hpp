// SPDX-License-Identifier: BSL-1.0
/// What ASan, TSan, LSan and valgrind are told of stacks and switches; nothing in plain builds.

#pragma once

#include <exception>

#include "context/stack.hpp"

#if COIR_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#if COIR_TSAN
#include <sanitizer/tsan_interface.h>
// Exported by TSan's runtime, declared in none of its headers.
extern "C" {
void AnnotateIgnoreReadsBegin(char const* file, int line);
void AnnotateIgnoreReadsEnd(char const* file, int line);
void AnnotateIgnoreWritesBegin(char const* file, int line);
void AnnotateIgnoreWritesEnd(char const* file, int line);
}
#endif
#if defined(COIR_HAVE_VALGRIND)
#include <valgrind/valgrind.h>
#endif

namespace coir::detail::sanitizer {

/// Whether one has to be told of each switch.
inline constexpr bool at_work = COIR_ASAN || COIR_TSAN;

/// A stack was cut: LSan looks for pointers in it, valgrind knows a switch when it sees one.
inline void know_stack([[maybe_unused]] stack& made) {
#if COIR_ASAN
  __lsan_register_root_region(made.low, made.size);
#endif
#if defined(COIR_HAVE_VALGRIND)
  VALGRIND_STACK_REGISTER(made.low, made.high());
#endif
}

/// A stack is about to be unmapped.
inline void forget_stack([[maybe_unused]] stack& gone) {
#if COIR_ASAN
  __asan_unpoison_memory_region(gone.low, gone.size);
  __lsan_unregister_root_region(gone.low, gone.size);
#endif
#if COIR_TSAN
  if (gone.tsan_fiber != nullptr) __tsan_destroy_fiber(gone.tsan_fiber);
#endif
}

/// A task is about to run on `fresh` for the first time. What its last user left is forgotten:
/// poisoned frames (ASan), the calls it never returned from (TSan).
inline void begin_stack([[maybe_unused]] stack& fresh) {
#if COIR_ASAN
  __asan_unpoison_memory_region(fresh.low, fresh.size);
#endif
#if COIR_TSAN
  if (fresh.tsan_fiber != nullptr) __tsan_destroy_fiber(fresh.tsan_fiber);
  fresh.tsan_fiber = __tsan_create_fiber(0);
#endif
}

/// Gives up one share in an exception. The shares are counted inside of libstdc++, where TSan does
/// not look: it would take the last thread's destruction for a race with all earlier readers.
inline void drop_exception(std::exception_ptr& shared) noexcept {
#if COIR_TSAN
  AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
  AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  shared = nullptr;
  AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
  AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
#else
  (void)shared;  // its destructor does
#endif
}

/// Describes the calling thread's own stack.
void describe_thread_stack(stack& own);

/// Notes as what TSan knows the stack that the calling code runs on, whosever it is.
inline void note_running([[maybe_unused]] stack& own) {
#if COIR_TSAN
  own.tsan_fiber = __tsan_get_current_fiber();
#endif
}

/// Called right before a jump to `to`, and again, with the same note, once somebody jumped back.
class switch_note {
 public:
  /// Always inline, as the next one: TSan would count a call that begins in one fiber as returned from
  /// in the other.
  [[gnu::always_inline]] void before([[maybe_unused]] stack const& to) {
#if COIR_ASAN
    __sanitizer_start_switch_fiber(&fake_stack_, to.low, to.size);
#endif
    before_jump(to);
  }

  /// The same where no frame on the stack that is left is needed any more that could have been
  /// checked for use after return: then no note has to be kept.
  [[gnu::always_inline]] static void before_rest([[maybe_unused]] stack const& to) {
#if COIR_ASAN
    __sanitizer_start_switch_fiber(nullptr, to.low, to.size);
#endif
    before_jump(to);
  }
  static void after_rest() {
#if COIR_ASAN
    __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
  }

  void after() {
#if COIR_ASAN
    __sanitizer_finish_switch_fiber(fake_stack_, nullptr, nullptr);
#endif
  }

  /// The same, and notes the bounds of the stack that was left.
  void after([[maybe_unused]] stack& left) {
#if COIR_ASAN
    void const* low = nullptr;
    __sanitizer_finish_switch_fiber(fake_stack_, &low, &left.size);
    left.low = static_cast<std::byte*>(const_cast<void*>(low));
#endif
  }

 private:
  [[gnu::always_inline]] static void before_jump([[maybe_unused]] stack const& to) {
#if COIR_TSAN
    __tsan_switch_to_fiber(to.tsan_fiber, 0);
#endif
  }

#if COIR_ASAN
  void* fake_stack_ = nullptr;  // where ASan keeps the frames it checks for use after return
#endif
};

}  // namespace coir::detail::sanitizer
