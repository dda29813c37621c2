// SPDX-License-Identifier: BSL-1.0
/// The bounds of a thread's own stack, which only ASan asks for.

#include "context/sanitizer.hpp"

#include <pthread.h>

namespace coir::detail::sanitizer {

void describe_thread_stack([[maybe_unused]] stack& own) {
#if COIR_ASAN
  pthread_attr_t attributes;
  if (::pthread_getattr_np(::pthread_self(), &attributes) == 0) {
    void* low = nullptr;
    ::pthread_attr_getstack(&attributes, &low, &own.size);
    own.low = static_cast<std::byte*>(low);
    ::pthread_attr_destroy(&attributes);
  }
#endif
#if COIR_TSAN
  own.tsan_fiber = __tsan_get_current_fiber();
#endif
}

}  // namespace coir::detail::sanitizer
