// SPDX-License-Identifier: BSL-1.0
/// The processor's hint that a loop is only waiting.

#pragma once

namespace coir::detail {

inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  asm volatile("yield" ::: "memory");
#endif
}

}  // namespace coir::detail
