// SPDX-License-Identifier: BSL-1.0
/// Looking at all tasks of a run: who is there, in whose group, and who waits for whom.

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include <coir/model/task_info.hpp>

#include "model/runtime.hpp"
#include "model/words.hpp"

namespace coir {

char const* to_string(task_state state) noexcept {
  switch (state) {
    case task_state::fresh: return "fresh";
    case task_state::ready: return "ready";
    case task_state::running: return "running";
    case task_state::parked: return "parked";
  }
  return "unknown";
}

namespace detail {
namespace {

using ids = std::vector<std::uint64_t>;

task_state state_of(task_record const& task) noexcept {
  if (&task == current_task() || task.kind == task_kind::process) return task_state::running;
  if (is_parked(task)) return task_state::parked;
  bool const claimed =
      (task.word.load(std::memory_order_relaxed) & word::state_mask) != word::running;
  if (claimed) return task_state::ready;
  if (task.kind != task_kind::fiber) return task_state::running;
  return task.flow.resume_at == nullptr ? task_state::fresh : task_state::ready;
}

/// What `list(add)` lists by calling `add(id)`. It is called with `lock` held, under which nothing
/// may be allocated: room is made in between.
template <class List>
ids listed(spin_lock& lock, List&& list) {
  ids found;
  for (;;) {
    std::size_t count = 0;
    {
      std::lock_guard<spin_lock> const held(lock);
      list([&](std::uint64_t id) {
        if (count++ < found.capacity()) found.push_back(id);
      });
    }
    if (count <= found.capacity()) return found;
    found.clear();
    found.reserve(count);
  }
}

/// Those who are parked for the end of `task`.
ids joiners_of(task_record& task) {
  return listed(task.lock, [&](auto&& add) {
    task.watchers.for_each([&](watcher& each) {
      task_core* const waiter = each.waiter != nullptr ? each.waiter(each) : nullptr;
      if (waiter != nullptr) add(waiter->id);
    });
  });
}

/// Those in the groups of `task`; with `innermost_only`, in the scope it is in.
ids children_of(task_record& task, bool innermost_only) {
  return listed(task.lock, [&](auto&& add) {
    for (scope* at = task.innermost; at != nullptr; at = innermost_only ? nullptr : at->outer)
      at->children.for_each([&](scope& root) { add(root.task->id); });
  });
}

/// Those who are parked for a lock that `task`, of this very thread, holds.
ids lock_waiters_of(task_record& task) {
  ids found;
  task.held_locks.for_each([&](held_lock& lock) {
    if (lock.waiters == nullptr) return;
    lock.waiters(lock, &found,
                 [](void* to, task_core& waiter) { static_cast<ids*>(to)->push_back(waiter.id); });
  });
  return found;
}

void add_notes(task_info& info, task_notes const& notes) {
  if (info.state == task_state::parked)
    info.waits_since =
        time_point(time_point::duration(notes.waits_since.load(std::memory_order_relaxed)));
  info.spawned_at = spawned_at(notes);
  info.spawned_by = notes.spawned_by;
}

/// Whether it waits for all in the scope it is in.
bool waits_for_children(task_info const& task) {
  return task.waits_in == "task_group::join" || task.waits_in == "task_group::start";
}

}  // namespace

run_statistics runtime::statistics() {
  run_statistics seen;
  {
    std::lock_guard<spin_lock> const held(lock_);
    seen.spawned = adopted_;
  }
  auto const tasks = live_tasks();
  for (auto const& task : tasks) {
    switch (state_of(*task)) {
      case task_state::fresh: ++seen.fresh; break;
      case task_state::ready: ++seen.ready; break;
      case task_state::running: ++seen.running; break;
      case task_state::parked: ++seen.parked; break;
    }
  }
  seen.alive = tasks.size();
  seen.failed = failed_.load(std::memory_order_relaxed);
  seen.cancelled = cancelled_.load(std::memory_order_relaxed);
  // On threads some may be counted twice: spawned meanwhile, or failed and not yet ended.
  std::size_t const others = seen.alive + seen.failed + seen.cancelled;
  seen.finished = seen.spawned - std::min(seen.spawned, others);
  count(seen);
  return seen;
}

/// Two looks at each task. In the first one its number of waits is read before its state, in the second
/// after it: if both times it was parked, and the number was the same, no wait was begun in between, so
/// it was parked all the time, and so at the moment between the two looks.
std::optional<std::uint64_t> runtime::waits_if_all_parked() noexcept {
  std::lock_guard<spin_lock> const held(lock_);  // nobody comes or goes
  std::size_t listed = 0;
  bool all_parked = true;
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  auto const look = [&](task_record& task) {
    std::uint32_t const state = task.word.load(std::memory_order_seq_cst) & word::state_mask;
    if (state != word::parked && state != word::parked_shielded) all_parked = false;
  };
  tasks_.for_each([&](task_record& task) {
    ++listed;
    if (quiet_.contains(task)) return;
    before += task.waits_begun.load(std::memory_order_seq_cst);
    look(task);
  });
  tasks_.for_each([&](task_record& task) {
    if (quiet_.contains(task)) return;
    look(task);
    after += task.waits_begun.load(std::memory_order_seq_cst);
  });
  // Those that have left the list and are not counted out yet are destroying their results.
  bool const all_listed = listed == adopted_ - ended_;
  if (!all_parked || !all_listed || before != after) return std::nullopt;
  return after;
}

std::vector<task_info> runtime::snapshot() {
  std::vector<record_ref<task_record>> const tasks = live_tasks();

  std::vector<task_info> seen(tasks.size());
  std::unordered_map<std::uint64_t, task_info*> by_id;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    task_record& task = *tasks[i];
    task_info& info = seen[i];
    info.id = task.id;
    info.name = name_of(task);
    info.state = state_of(task);
    if (info.state == task_state::parked)
      if (char const* const what = task.waits_in.load(std::memory_order_relaxed))
        info.waits_in = what;
    if (task.observed) add_notes(info, *task.notes);
    by_id.emplace(info.id, &info);
  }

  auto const waits = [&](std::uint64_t waiter, std::uint64_t for_whom) {
    auto const found = by_id.find(waiter);
    if (found != by_id.end() && found->second->state == task_state::parked)
      found->second->waits_for.push_back(for_whom);
  };
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    task_record& task = *tasks[i];
    for (std::uint64_t const joiner : joiners_of(task)) waits(joiner, task.id);
    for (std::uint64_t const child : children_of(task, false))
      if (auto const found = by_id.find(child); found != by_id.end())
        found->second->parent = task.id;
    if (waits_for_children(seen[i]))
      for (std::uint64_t const child : children_of(task, true)) waits(task.id, child);
    if (kind_ != model::threads)
      for (std::uint64_t const waiter : lock_waiters_of(task)) waits(waiter, task.id);
  }
  return seen;
}

}  // namespace detail
}  // namespace coir
