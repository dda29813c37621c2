// SPDX-License-Identifier: BSL-1.0
/// The idle threads of the process, the latest on top.

#include "bridge/thread_cache.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>

#include <pthread.h>

#include <coir/sys/futex.hpp>

namespace coir::detail {
namespace {

constexpr std::chrono::seconds kept_idle{10};

/// A thread of the cache. Owned by itself.
struct idle_thread {
  thread_job* job = nullptr;           // written before `bell` is rung
  std::atomic<std::uint32_t> bell{0};  // 1: there is a job; it sleeps on this while idle
  idle_thread* below = nullptr;        // in the cache
};

class cache {
 public:
  /// Never destroyed: threads may come back to it while the process ends.
  static cache& get() {
    static cache& only = *new cache;
    return only;
  }

  void serve(idle_thread& own) noexcept {
    do {
      thread_job& job = *std::exchange(own.job, nullptr);
      own.bell.store(0, std::memory_order_relaxed);
      job.work(job);
    } while (await_job(own));
  }

  bool give_to_idle(thread_job& job) noexcept {
    idle_thread* chosen;
    {
      std::lock_guard<std::mutex> const held(lock_);
      chosen = idle_;
      if (chosen == nullptr) return false;
      idle_ = chosen->below;
    }
    chosen->job = &job;
    chosen->bell.store(1, std::memory_order_release);
    futex_wake(&chosen->bell);
    return true;
  }

 private:
  cache() {
    // A child of fork() has only the thread that called it: the others' places are empty there.
    ::pthread_atfork([] { get().lock_.lock(); }, [] { get().lock_.unlock(); },
                     [] {
                       get().idle_ = nullptr;
                       get().lock_.unlock();
                     });
  }

  /// False when none has come for so long that this thread has left the cache.
  bool await_job(idle_thread& own) noexcept {
    {
      std::lock_guard<std::mutex> const held(lock_);
      own.below = std::exchange(idle_, &own);
    }
    time_point const until = std::chrono::steady_clock::now() + kept_idle;
    while (own.bell.load(std::memory_order_acquire) == 0) {
      futex_wait(own.bell, 0, until);
      if (std::chrono::steady_clock::now() >= until && leave(own)) return false;
    }
    return true;
  }

  /// False if it is not there any more: somebody has just taken it, for a job.
  bool leave(idle_thread& own) noexcept {
    std::lock_guard<std::mutex> const held(lock_);
    for (idle_thread** at = &idle_; *at != nullptr; at = &(*at)->below) {
      if (*at != &own) continue;
      *at = own.below;
      return true;
    }
    return false;
  }

  std::mutex lock_;              // guards the rest
  idle_thread* idle_ = nullptr;  // a stack
};

void* thread_entry(void* own) {
  std::unique_ptr<idle_thread> const self(static_cast<idle_thread*>(own));
  cache::get().serve(*self);
  return nullptr;
}

}  // namespace

void on_cached_thread(thread_job& job) {
  if (cache::get().give_to_idle(job)) return;
  auto fresh = std::make_unique<idle_thread>();
  fresh->job = &job;
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t handle;
  int const error = ::pthread_create(&handle, &attributes, &thread_entry, fresh.get());
  ::pthread_attr_destroy(&attributes);
  if (error != 0)
    throw std::system_error(error, std::generic_category(),
                            "coir: no thread for a call of offload(); raise `ulimit -u`, "
                            "kernel.threads-max or the cgroup's pids.max, or lower "
                            "run_options::offload_threads");
  (void)fresh.release();
}

}  // namespace coir::detail
