// SPDX-License-Identifier: BSL-1.0
/// Slabs, guards and the pool.

#include "context/stack.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>
#include <system_error>

#include <sys/mman.h>

#include "context/sanitizer.hpp"

namespace coir::detail {
namespace {

constexpr int guard_install = 102;  // MADV_GUARD_INSTALL, linux/mman.h since 6.13
constexpr std::size_t page = 4096;
constexpr std::size_t first_slab = 16;
constexpr std::size_t largest_slab = 32768;
constexpr std::size_t stagger_lines = 32;  // of 64 bytes: the first page still holds the frames

// Each mprotect guard costs two mappings of the process's few; coir leaves half of them to others.
std::atomic<std::size_t> protected_guards{0};

std::size_t guard_limit() {
  static std::size_t const limit = [] {
    std::size_t mappings = 65530;
    if (std::FILE* file = std::fopen("/proc/sys/vm/max_map_count", "r")) {
      if (std::fscanf(file, "%zu", &mappings) != 1) mappings = 65530;
      std::fclose(file);
    }
    return mappings / 4;
  }();
  return limit;
}

[[noreturn]] void out_of(char const* what, int error) {
  throw std::system_error(error, std::generic_category(),
                          std::string("coir: no stack for a task: ") + what);
}

}  // namespace

guard_kind best_guard() {
  static guard_kind const kind = [] {
    void* const probe =
        ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe == MAP_FAILED) return guard_kind::protect;
    bool const works = ::madvise(probe, page, guard_install) == 0;
    ::munmap(probe, page);
    return works ? guard_kind::advice : guard_kind::protect;
  }();
  return kind;
}

stack_pool::~stack_pool() {
  for (size_class& sizes : classes_) {
    for (slab& each : sizes.slabs) {
      std::size_t const used = &each == &sizes.slabs.back() ? sizes.cut : each.count;
      for (std::size_t i = 0; i < used; ++i) sanitizer::forget_stack(each.stacks[i]);
      ::munmap(each.memory, each.length);
      if (guard_ == guard_kind::protect)
        protected_guards.fetch_sub(used, std::memory_order_relaxed);
    }
  }
}

/// One that was never used.
execution stack_pool::take_first(size_class& sizes) {
  stack& made = cut(sizes);
  ++taken_;
  return {nullptr, &made};
}

bool stack_pool::trim(std::size_t keep) noexcept {
  bool surplus = false;
  for (size_class& sizes : classes_) {
    // The front of `idle` is coldest: what was never taken since the last call lies there.
    std::size_t const until = sizes.idle_low > keep ? sizes.idle_low - keep : 0;
    sizes.trimmed = std::min(sizes.trimmed, sizes.idle_low);
    for (; sizes.trimmed < until; ++sizes.trimmed) {
      execution& cold = sizes.idle[sizes.trimmed];
      ::madvise(cold.on->low, cold.on->size, MADV_DONTNEED);
      cold.resume_at = nullptr;  // gone with its frames
    }
    sizes.idle_low = sizes.idle.size();
    surplus = surplus || sizes.idle_low > sizes.trimmed + keep;
  }
  return surplus;
}

stack_pool::size_class& stack_pool::other_class_for(std::size_t size) {
  std::size_t const usable = (std::max(size, smallest_size) + page - 1) / page * page;
  for (size_class& sizes : classes_)
    if (sizes.pitch == usable + guard_size) return sizes;
  return classes_.emplace_back(size_class{.pitch = usable + guard_size, .slabs = {}, .idle = {}});
}

void stack_pool::add_slab(size_class& sizes) {
  std::size_t const before = sizes.slabs.empty() ? first_slab / 2 : sizes.slabs.back().count;
  // Big stacks come in small slabs: never more than 16 GiB of addresses at a time.
  std::size_t const fitting = std::max<std::size_t>(1, (std::size_t{16} << 30) / sizes.pitch);
  std::size_t const count = std::min({before * 2, largest_slab, fitting});
  std::size_t const length = count * sizes.pitch;

  sizes.slabs.reserve(sizes.slabs.size() + 1);
  std::size_t total = count;
  for (slab const& each : sizes.slabs) total += each.count;
  sizes.idle.reserve(total);
  auto records = std::make_unique<stack[]>(count);

  void* const memory = ::mmap(nullptr, length, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED)
    out_of(
        "mmap failed; raise `ulimit -v` or vm.overcommit_memory, or take smaller stacks "
        "(run_options::stack_size)",
        errno);
  // A huge page would commit 2 MiB for the few KiB that a task uses.
  ::madvise(memory, length, MADV_NOHUGEPAGE);
  sizes.slabs.push_back({static_cast<std::byte*>(memory), length, count, std::move(records)});
  sizes.cut = 0;
}

stack& stack_pool::cut(size_class& sizes) {
  if (sizes.slabs.empty() || sizes.cut == sizes.slabs.back().count) add_slab(sizes);
  slab& from = sizes.slabs.back();
  std::byte* const bottom = from.memory + sizes.cut * sizes.pitch;
  install_guard(bottom);

  stack& made = from.stacks[sizes.cut];
  made.low = bottom + guard_size;
  made.size = sizes.pitch - guard_size;
  // Stacks that all started at the same offset in their page would share a few sets of the L1
  // cache: 1.85 instead of 1.55 switches' time with 1,000 fibers.
  made.stagger = static_cast<std::uint16_t>(sizes.cut % stagger_lines * 64);
  made.size_class = static_cast<std::uint32_t>(&sizes - classes_.data());
  sanitizer::know_stack(made);
  ++sizes.cut;
  return made;
}

void stack_pool::install_guard(std::byte* at) const {
  if (guard_ == guard_kind::advice) {
    if (::madvise(at, guard_size, guard_install) != 0)
      out_of("madvise(MADV_GUARD_INSTALL) failed; raise the memory limit of this process", errno);
    return;
  }
  if (protected_guards.fetch_add(1, std::memory_order_relaxed) >= guard_limit()) {
    protected_guards.fetch_sub(1, std::memory_order_relaxed);
    out_of(
        "guard pages would take more than half of vm.max_map_count mappings; raise it "
        "(sysctl vm.max_map_count), or use Linux 6.13 or later, where guards cost none",
        ENOMEM);
  }
  if (::mprotect(at, guard_size, PROT_NONE) != 0) {
    int const error = errno;
    protected_guards.fetch_sub(1, std::memory_order_relaxed);
    out_of("mprotect of the guard failed; raise vm.max_map_count", error);
  }
}

}  // namespace coir::detail
