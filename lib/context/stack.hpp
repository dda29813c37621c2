// SPDX-License-Identifier: BSL-1.0
/// Fiber stacks: cut from slabs, each over a guard, pooled, staggered in the cache.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <coir/base/config.hpp>
#include <coir/context/execution.hpp>

namespace coir::detail {

/// How the page below a stack is made to fault.
enum class guard_kind {
  advice,   // madvise(MADV_GUARD_INSTALL), Linux 6.13: costs no mapping
  protect,  // mprotect(PROT_NONE): splits the mapping in two, and mappings are few
};

/// The best kind that this kernel has; found out once, by trying.
COIR_EXPORT guard_kind best_guard();

/// One stack's place. The record lies outside of the stack, so that a pooled stack's pages can be
/// given back to the system.
struct stack {
  std::byte* low = nullptr;      // lowest usable address; the guard lies below
  std::size_t size = 0;          // usable bytes
  std::uint32_t size_class = 0;  // which of its pool's
  std::uint16_t stagger = 0;     // the first frame starts this far below the top
#if COIR_TSAN
  void* tsan_fiber = nullptr;  // what TSan knows it as
#endif

  [[nodiscard]] std::byte* high() const noexcept { return low + size; }
};

/// Stacks of any size for one worker: takes the one that was used last, and so is warm.
///
/// Stacks are cut from slabs of 16 and then ever more stacks, so a million of them need some forty
/// mappings. Memory is committed by the kernel page by page as a stack is used.
/// Not chosen: one mmap a stack, which dies at vm.max_map_count; segmented stacks, which cost on
/// every call; copied stacks, which forbid pointers between tasks.
/// Thread: its worker's.
class COIR_EXPORT stack_pool {
 public:
  static constexpr std::size_t guard_size = 16 * 1024;  // more than a frame commonly steps over
  static constexpr std::size_t default_size = 256 * 1024 - guard_size;
  static constexpr std::size_t smallest_size = 16 * 1024;

  explicit stack_pool(guard_kind guard = best_guard()) noexcept : guard_(guard) {}
  ~stack_pool();
  stack_pool(stack_pool const&) = delete;
  stack_pool& operator=(stack_pool const&) = delete;

  /// A stack of at least `size` bytes, on which nobody runs: `on` of what is returned. Who served tasks
  /// there rests at its `resume_at`, and lets the next one begin; null where nobody does.
  ///   Throws: std::system_error when memory, address space or guards run out; it says what to
  ///   raise, and nothing has changed.
  execution take(std::size_t size);

  /// Gives back a stack that nobody will run on again, except to rest there. Where, is to be written to
  /// what is returned, before the pool is used again.
  execution& give_back(stack& unused) noexcept;

  /// Returns to the system the pages of those stacks that lay idle since the last call, but for
  /// `keep` of them. Returns whether some still lie idle above that.
  bool trim(std::size_t keep) noexcept;

  /// Stacks taken and not yet given back.
  [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

 private:
  struct slab {
    std::byte* memory;
    std::size_t length;
    std::size_t count;                // stacks that fit
    std::unique_ptr<stack[]> stacks;  // their records
  };
  struct size_class {
    std::size_t pitch;            // guard + stack
    std::size_t cut = 0;          // stacks cut from the last slab
    std::size_t idle_low = 0;     // fewest idle since the last trim: so many were never needed
    std::size_t trimmed = 0;      // of idle, from the front: pages already returned
    std::vector<slab> slabs;      // the last one is being cut
    std::vector<execution> idle;  // the back was used last
  };

  size_class& class_for(std::size_t size) {
    // Nearly all are of one size.
    if (!classes_.empty() && classes_.front().pitch == size + guard_size) return classes_.front();
    return other_class_for(size);
  }
  size_class& other_class_for(std::size_t size);
  execution take_first(size_class& sizes);
  [[gnu::always_inline]] static void prefetch_next(std::vector<execution> const& idle) noexcept;
  void add_slab(size_class& sizes);
  stack& cut(size_class& sizes);
  void install_guard(std::byte* at) const;

  guard_kind guard_;
  std::size_t taken_ = 0;
  std::vector<size_class> classes_;  // few: one for each size asked for, the first is the commonest
};

inline execution stack_pool::take(std::size_t size) {
  size_class& sizes = class_for(size);
  if (sizes.idle.empty()) [[unlikely]]
    return take_first(sizes);
  execution const taken = sizes.idle.back();
  sizes.idle.pop_back();
  if (sizes.idle.size() < sizes.idle_low) sizes.idle_low = sizes.idle.size();
  prefetch_next(sizes.idle);
  ++taken_;
  return taken;
}

inline execution& stack_pool::give_back(stack& unused) noexcept {
  --taken_;
  std::vector<execution>& idle = classes_[unused.size_class].idle;
  // cut() reserved the room, so this cannot fail.
  if (idle.size() == idle.capacity()) __builtin_unreachable();
  return idle.emplace_back(execution{nullptr, &unused});
}

/// Where many stacks are taken one after the other, each is cold: what will be touched of the next one is
/// fetched while this one begins. Always inline: g++ drops calls of functions that do nothing but prefetch.
inline void stack_pool::prefetch_next(std::vector<execution> const& idle) noexcept {
  if (idle.size() < 8) return;
  auto const frame = reinterpret_cast<std::uintptr_t>(idle.back().resume_at);
  for (std::uintptr_t at = frame - 256; at <= frame + 128; at += 64)
    __builtin_prefetch(reinterpret_cast<void const*>(at));
}

}  // namespace coir::detail
