// SPDX-License-Identifier: BSL-1.0
/// Compiler facts: what is exported, which sanitizer is at work, whether a second thread ever lived.

#pragma once

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define COIR_HAVE_SINGLE_THREADED 1
#endif

/// Marks what a shared libcoir offers; everything else is hidden.
#define COIR_EXPORT __attribute__((visibility("default")))

/// Keeps rare paths out of the callers' instruction cache.
#define COIR_COLD __attribute__((cold, noinline))

#if defined(__SANITIZE_ADDRESS__)
#define COIR_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COIR_ASAN 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define COIR_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define COIR_TSAN 1
#endif
#endif

#ifndef COIR_ASAN
#define COIR_ASAN 0
#endif
#ifndef COIR_TSAN
#define COIR_TSAN 0
#endif

namespace coir::detail {

/// True while this process has never had a second thread: then a change of state needs no locked
/// instruction. Once false it stays false for good (glibc's promise; elsewhere always false).
/// Compiled as likely: next to a locked instruction a jump is nothing.
inline bool single_threaded() noexcept {
#if defined(COIR_HAVE_SINGLE_THREADED)
  return __builtin_expect(__libc_single_threaded != 0, 1);
#else
  return false;
#endif
}

}  // namespace coir::detail
