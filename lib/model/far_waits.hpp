// SPDX-License-Identifier: BSL-1.0
/// Waits of fibers that another process ends: it does not know the task, but changes a word and rings the
/// bell of the run.

#pragma once

#include <atomic>
#include <cstdint>

#include <coir/base/list.hpp>
#include <coir/wait/task_core.hpp>

namespace coir::detail {

/// One of them, on the stack of who waits. It lasts while the word, apart from `ignored`, is `waiting`.
struct far_wait : list_hook {
  far_wait(task_core& task_, std::atomic<std::uint32_t>& word_, std::uint32_t waiting_,
           std::uint32_t ignored_) noexcept
      : task(task_), word(word_), waiting(waiting_), ignored(ignored_) {}
  ~far_wait() { unlink(); }

  task_core& task;
  std::atomic<std::uint32_t>& word;
  std::uint32_t const waiting;
  std::uint32_t const ignored;
};

/// Those of a run on fibers, whose worker looks at them whenever it looks around.
/// Thread: the worker's.
class far_waits {
 public:
  void add(far_wait& waiting) noexcept { all_.push_back(waiting); }
  [[nodiscard]] bool any() const noexcept { return !all_.empty(); }

  /// Lets those go on whose wait is over.
  void look() noexcept {
    all_.for_each([](far_wait& each) {
      if ((each.word.load(std::memory_order_acquire) & ~each.ignored) == each.waiting) return;
      each.unlink();
      if (claim(each.task, wake_reason::fulfilled)) wake(each.task);
    });
  }

  /// No other run of this process has this number.
  [[nodiscard]] std::uint64_t number() noexcept {
    static std::atomic<std::uint64_t> last{0};
    if (number_ == 0) number_ = last.fetch_add(1, std::memory_order_relaxed) + 1;
    return number_;
  }

 private:
  list<far_wait> all_;
  std::uint64_t number_ = 0;
};

}  // namespace coir::detail
