// SPDX-License-Identifier: BSL-1.0
/// The thread cache, and a task's life on a thread.

#include "model/threads.hpp"

#include <algorithm>
#include <climits>
#include <system_error>
#include <utility>

#include <pthread.h>
#include <unistd.h>

#include <coir/sys/futex.hpp>

namespace coir::detail {

/// A thread of the cache.
struct threads_runtime::cached_thread {
  threads_runtime* run;
  pthread_t handle{};
  std::size_t stack_size = 0;          // 0: the system's default
  task_record* job = nullptr;          // written before `bell` is rung; null then: go
  std::atomic<std::uint32_t> bell{0};  // counts the jobs; the idle thread sleeps on it
  cached_thread* next = nullptr;       // in idle_
  timer_queue timers;                  // of the task it runs
};

threads_runtime::threads_runtime(run_options const& options) : runtime(model::threads, options) {}

threads_runtime::~threads_runtime() {
  // All tasks have ended: every thread is idle, or on its way there.
  for (auto& thread : threads_) {
    {
      std::lock_guard<std::mutex> const held(lock_);
      thread->job = nullptr;
    }
    thread->bell.fetch_add(1, std::memory_order_release);
    futex_wake(&thread->bell);
  }
  for (auto& thread : threads_) ::pthread_join(thread->handle, nullptr);
}

void threads_runtime::run(task_record& main) {
  interrupts_.look_elsewhere();
  live_here(main, around_);  // so its waits serve the deadlines around the run too
  shut_down();
  for (;;) {
    std::uint32_t const seen = left_.load(std::memory_order_acquire);
    if (live_count() == 0) return;
    futex_wait(left_, seen, around_.earliest());
    around_.fire_due(std::chrono::steady_clock::now());
  }
}

void threads_runtime::task_left(std::size_t) noexcept {
  left_.fetch_add(1, std::memory_order_release);
  futex_wake(&left_);
}

void threads_runtime::count(run_statistics& into) noexcept {
  std::lock_guard<std::mutex> const held(lock_);
  into.threads = threads_.size();
}

void threads_runtime::start(task_record& fresh) {
  cached_thread* chosen = nullptr;
  {
    std::lock_guard<std::mutex> const held(lock_);
    for (cached_thread** at = &idle_; *at != nullptr; at = &(*at)->next) {
      if ((*at)->stack_size != fresh.stack_size) continue;
      chosen = *at;
      *at = chosen->next;
      break;
    }
  }
  if (chosen == nullptr) {
    create(fresh);
    return;
  }
  chosen->job = &fresh;
  chosen->bell.fetch_add(1, std::memory_order_release);
  futex_wake(&chosen->bell);
}

threads_runtime::cached_thread& threads_runtime::create(task_record& first) {
  auto made = std::make_unique<cached_thread>();
  made->run = this;
  made->stack_size = first.stack_size;
  made->job = &first;
  made->bell = 1;

  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  if (made->stack_size != 0) {
    auto const page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    std::size_t const least =
        std::max(made->stack_size, static_cast<std::size_t>(PTHREAD_STACK_MIN));
    ::pthread_attr_setstacksize(&attributes, (least + page - 1) / page * page);
  }
  std::lock_guard<std::mutex> const held(lock_);
  threads_.reserve(threads_.size() + 1);
  int const error = ::pthread_create(&made->handle, &attributes, &entry, made.get());
  ::pthread_attr_destroy(&attributes);
  if (error != 0)
    throw std::system_error(error, std::generic_category(),
                            "coir: no thread for a task beside the run's " +
                                std::to_string(threads_.size()) +
                                "; raise `ulimit -u`, kernel.threads-max, vm.max_map_count or the "
                                "cgroup's pids.max, or use fibers");
  threads_.push_back(std::move(made));
  return *threads_.back();
}

void* threads_runtime::entry(void* self) {
  auto& own = *static_cast<cached_thread*>(self);
  own.run->serve(own);
  return nullptr;
}

void threads_runtime::serve(cached_thread& own) {
  for (std::uint32_t jobs = 1;; ++jobs) {
    while (own.bell.load(std::memory_order_acquire) < jobs) futex_wait(own.bell, jobs - 1, never);
    task_record* const job = own.job;
    if (job == nullptr) return;
    live_here(*job, own.timers);
    std::lock_guard<std::mutex> const held(lock_);
    own.next = std::exchange(idle_, &own);
  }
}

}  // namespace coir::detail
