// SPDX-License-Identifier: BSL-1.0
/// Memory for task records: in lines of the cache, from a list of the thread's own.
///
/// A record is 64-byte aligned, and malloc serves that slowly. So records are cut from slabs that are kept
/// for good, in classes of whole lines. Each thread has a list per class, and gives and takes a
/// batch at a time to and from a depot: tasks often end on another thread than they were spawned on.

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>

#include <sys/mman.h>

#include <coir/model/task_record.hpp>

namespace coir::detail {
namespace {

constexpr std::size_t line = 64;
constexpr std::size_t classes =
    16;  // up to 1 KiB; a record with more in it comes from operator new
constexpr std::size_t batch = 64;
constexpr std::size_t first_slab = 64 * 1024;
constexpr std::size_t huge_page = 2 * 1024 * 1024;
// A sanitizer is to see each use of freed memory.
constexpr bool pooled = !COIR_ASAN && !COIR_TSAN;

constexpr std::size_t class_of(std::size_t size) noexcept { return (size + line - 1) / line - 1; }

/// A piece of memory that is not in use.
struct piece {
  piece* next;
  piece* next_batch;  // in the depot: of the first piece of a batch
};

struct free_list {
  piece* first = nullptr;
  std::size_t count = 0;

  void push(void* memory) noexcept {
    first = ::new (memory) piece{first, nullptr};
    ++count;
  }
  void* pop() noexcept {
    piece* const taken = first;
    first = taken->next;
    --count;
    return taken;
  }
};

/// What no thread has at hand. Its slabs are never given back, for their records end anywhere.
class depot {
 public:
  /// A batch, or fewer pieces, for an empty list.
  ///   Throws: std::bad_alloc.
  void fill(free_list& list, std::size_t which) {
    std::lock_guard<std::mutex> const held(lock_);
    if (piece* const first = batches_[which]) {
      batches_[which] = first->next_batch;
      list = {first, batch};
      return;
    }
    std::size_t const size = (which + 1) * line;
    for (std::size_t i = 0; i < batch; ++i) {
      if (left_ < size) {
        if (i != 0) return;
        add_slab();
      }
      list.push(at_);
      at_ += size;
      left_ -= size;
    }
  }

  /// Takes back a batch, from the head of `list`.
  void take_batch(free_list& list, std::size_t which) noexcept {
    piece* const first = list.first;
    piece* last = first;
    for (std::size_t i = 1; i < batch; ++i) last = last->next;
    list.first = last->next;
    list.count -= batch;
    last->next = nullptr;
    std::lock_guard<std::mutex> const held(lock_);
    first->next_batch = batches_[which];
    batches_[which] = first;
  }

  static depot& instance() {
    static depot* const only = new depot;  // for good: tasks may end while the program ends
    return *only;
  }

 private:
  /// Thousands of tasks lie in huge pages: a fault for each 4 KiB of them, and a miss in the processor's
  /// table of pages, would cost more than what is done with them.
  void add_slab() {
    if (slab_size_ == huge_page) {
      at_ = map_huge_page();
    } else {
      at_ = static_cast<std::byte*>(::operator new(slab_size_, std::align_val_t(line)));
    }
    left_ = slab_size_;
    if (slab_size_ < huge_page) slab_size_ *= 2;
  }

  static std::byte* map_huge_page() {
    void* const mapped = ::mmap(nullptr, 2 * huge_page, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    auto* const from = static_cast<std::byte*>(mapped);
    std::size_t const before = -reinterpret_cast<std::uintptr_t>(from) % huge_page;
    if (before != 0) ::munmap(from, before);
    ::munmap(from + before + huge_page, huge_page - before);
    ::madvise(from + before, huge_page, MADV_HUGEPAGE);  // where there are none, small ones will do
    return from + before;
  }

  std::mutex lock_;
  std::array<piece*, classes> batches_{};
  std::byte* at_ = nullptr;  // the slab that is being cut
  std::size_t left_ = 0;
  std::size_t slab_size_ = first_slab;  // of the next one
};

constinit thread_local std::array<free_list, classes> own{};

/// Gives what an ending thread has back to the depot, but for what makes no whole batch.
struct janitor {
  ~janitor() {
    for (std::size_t which = 0; which < classes; ++which) {
      while (own[which].count >= batch) depot::instance().take_batch(own[which], which);
    }
  }
};

COIR_COLD void* take_from_depot(std::size_t size) {
  std::size_t const which = class_of(size);
  if (!pooled || which >= classes) return ::operator new(size, std::align_val_t(line));
  static thread_local janitor at_exit;
  (void)at_exit;
  depot::instance().fill(own[which], which);
  return own[which].pop();
}

COIR_COLD void give_to_depot(std::size_t which) noexcept {
  depot::instance().take_batch(own[which], which);
}

}  // namespace

void* task_record::operator new(std::size_t size) {
  std::size_t const which = class_of(size);
  if (!pooled || which >= classes || own[which].first == nullptr) [[unlikely]]
    return take_from_depot(size);
  return own[which].pop();
}

void task_record::operator delete(void* gone, std::size_t size) noexcept {
  std::size_t const which = class_of(size);
  if (!pooled || which >= classes) return ::operator delete(gone, std::align_val_t(line));
  own[which].push(gone);
  if (own[which].count == 2 * batch) [[unlikely]]
    give_to_depot(which);
}

}  // namespace coir::detail
