// SPDX-License-Identifier: BSL-1.0
/// The operator new that may fail. Not in a header: the compiler would see malloc meet delete.

#include <cstddef>
#include <cstdlib>

#include "cancel/allocations.hpp"

void* operator new(std::size_t size) {
  scarce::of_this_thread.count();
  void* const made = std::malloc(size != 0 ? size : 1);
  if (made == nullptr) throw std::bad_alloc();
  return made;
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  scarce::of_this_thread.count();
  auto const step = static_cast<std::size_t>(alignment);
  void* const made = std::aligned_alloc(step, (size + step - 1) / step * step);
  if (made == nullptr) throw std::bad_alloc();
  return made;
}
void operator delete(void* gone) noexcept { std::free(gone); }
void operator delete(void* gone, std::size_t) noexcept { std::free(gone); }
void operator delete(void* gone, std::align_val_t) noexcept { std::free(gone); }
void operator delete(void* gone, std::size_t, std::align_val_t) noexcept { std::free(gone); }
