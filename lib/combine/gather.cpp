// SPDX-License-Identifier: BSL-1.0
/// Waiting for many tasks in one wait.

#include <coir/combine/gather.hpp>

#include <atomic>
#include <memory>
#include <mutex>

#include <coir/cancel/suspend.hpp>

namespace coir::detail {
namespace {

/// What the watchers of one gather share. Tasks may end on several threads at once.
struct countdown {
  task_core* waiter;
  std::atomic<std::size_t> left;
  std::atomic<task_record*> first_bad{nullptr};

  /// Notes an end; true if the gather now knows its outcome.
  bool note(task_record& ended) noexcept {
    bool const bad = ended.how != outcome::finished;
    task_record* none = nullptr;
    if (bad) first_bad.compare_exchange_strong(none, &ended, std::memory_order_acq_rel);
    return left.fetch_sub(1, std::memory_order_acq_rel) == 1 || bad;
  }
};

struct counting_watcher : watcher {
  counting_watcher() {
    ended = [](watcher& self, task_core& task) noexcept -> task_core* {
      countdown& shared = *static_cast<counting_watcher&>(self).all;
      if (!shared.note(static_cast<task_record&>(task))) return nullptr;
      return claim(*shared.waiter, wake_reason::fulfilled) ? shared.waiter : nullptr;
    };
  }
  countdown* all = nullptr;
};

}  // namespace

void await_all(std::span<task_record* const> tasks) {
  task_core& self = checkpoint();
  countdown all{&self, tasks.size()};
  auto const watchers = std::make_unique<counting_watcher[]>(tasks.size());
  suspension wait(self, "gather");

  wait.begin();
  bool known = tasks.empty();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    watchers[i].all = &all;
    std::lock_guard<spin_lock> const held(tasks[i]->lock);
    if (tasks[i]->ended.load(std::memory_order_relaxed)) {
      known = all.note(*tasks[i]) || known;
    } else {
      tasks[i]->watchers.push_back(watchers[i]);
    }
  }
  auto const unlink_all = [&] {
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      std::lock_guard<spin_lock> const held(tasks[i]->lock);
      watchers[i].unlink();
    }
  };

  auto reason = wake_reason::fulfilled;
  if (!known || !wait.withdraw()) {
    try {
      reason = wait.end();
    } catch (...) {
      unlink_all();
      throw;
    }
  }
  unlink_all();

  if (reason == wake_reason::cancelled) {
    for (task_record* each : tasks)
      if (!each->ended.load(std::memory_order_acquire))
        cancel(each->root, cancel_reason(cancel_cause::requested, "its gather was cancelled"));
    for (task_record* each : tasks) await_end(*each, never, /*shielded=*/true);
    deliver(self);
  }
  if (task_record* const bad = all.first_bad.load(std::memory_order_acquire)) {
    bad->retrieved.store(true, std::memory_order_release);
    std::rethrow_exception(bad->error);
  }
}

}  // namespace coir::detail
