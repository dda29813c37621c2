// SPDX-License-Identifier: BSL-1.0
/// A task's life, on every model.

#include "model/runtime.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include <coir/base/check.hpp>
#include <coir/time/deadline.hpp>

#include "context/sanitizer.hpp"
#include "context/stack.hpp"
#include "model/callbacks.hpp"
#include "model/wait_graph.hpp"
#include "model/watch.hpp"
#include "sys/throw_trace.hpp"
#include "wait/ready_queue.hpp"

namespace coir::detail {

using guard = std::lock_guard<spin_lock>;

task_record::~task_record() {
  if (how == outcome::failed && !retrieved.load(std::memory_order_acquire))
    report_unhandled(*this, error);
  sanitizer::drop_exception(error);
}

runtime::runtime(model kind, run_options const& options)
    : around_(*current_task_or_thread().timers),
      kind_(kind),
      options_(options),
      usual_stack_size_(options.stack_size != 0 ? options.stack_size
                        : kind == model::fibers || kind == model::boost_fibers
                            ? stack_pool::default_size
                            : 0),
      watch_(watch::is_wanted(options) ? std::make_unique<watch>(options) : nullptr),
      turns_(static_cast<std::uint32_t>(options.seed)) {}

runtime::~runtime() = default;

COIR_COLD void runtime::cancel_for_shutdown(task_record& task) noexcept {
  inherit(task.root, cancel_reason(cancel_cause::shutdown));
}

void runtime::disown(task_record& never_begun) noexcept {
  {
    guard const held(lock_);
    static_cast<live_hook&>(never_begun).unlink();
    --adopted_;
  }
  never_begun.drop_ref();
}

void runtime::live_traced(task_record& task) noexcept {
  if (task.interrupted.load(std::memory_order_acquire) || task.error != nullptr) return live(task);
  live_on(task, [](task_record& self) {
    call_traced(
        [](void* of) {
          auto& traced = *static_cast<task_record*>(of);
          traced.type().invoke(traced);
        },
        &self);
  });
}

/// A task that never begins its function: it was cancelled before (C7), or it could not begin.
COIR_COLD void runtime::live_in_vain(task_record& task) noexcept {
  if (!task.interrupted.load(std::memory_order_acquire))
    return live_on(task, [](task_record& self) { std::rethrow_exception(self.error); });
  task.error = std::make_exception_ptr(cancelled(task.root.reason));
  not_finished(task, outcome::cancelled);
  conclude(task);
}

void runtime::live_here(task_record& task, timer_queue& timers,
                        void (*life)(task_record&) noexcept) noexcept {
  task.timers = &timers;
  thread_state const outside = std::exchange(this_thread, thread_state{&task, nullptr});
  life(task);
  this_thread = outside;
}

COIR_COLD void runtime::note_begin(task_record& task) noexcept {
  if (task.kind == task_kind::process) return;  // that was told when it was sent: this is its end
  task.run->watching()->begins(task);
}

/// The exception that is being handled has ended its function.
COIR_COLD void runtime::note_exception(task_record& task, outcome how) noexcept {
  task.error = std::current_exception();
  not_finished(task, how);
}

void runtime::refuse(task_record& task, std::exception_ptr error) noexcept {
  task.error = std::move(error);
  task.how = outcome::failed;
  turn_deaf(task, task.root);
  task.type().drop_work(task);
  wake_chain woken;
  run_callbacks(task, [&] { mark_ended(task, woken); });
  woken.wake_all();
}

void runtime::not_finished(task_record& task, outcome how) noexcept {
  task.how = how;
  auto& count = how == outcome::failed ? task.run->failed_ : task.run->cancelled_;
  count.fetch_add(1, std::memory_order_relaxed);
}

namespace {

/// Who has a stop_token of the task is told of no cancel that ends nothing any more.
void end_signal(task_record& task) noexcept {
  std::unique_ptr<stop_signal> gone;
  guard const held(task.lock);
  gone.reset(take_signal(task.root));
}

}  // namespace

/// The end of a task, in this order: its work's destructors run while it still is a task; its locks
/// break; callbacks; waiters; its owner; its run.
void runtime::conclude(task_record& task) noexcept {
  if (task.innermost != &task.root)
    die("a task has ended, and a task_group that it made lives on; keep it in the task's frame");
  // A cancel has nothing more to end: destructors and callbacks may wait undisturbed, as during the
  // unwinding of a `cancelled` (C6).
  turn_deaf(task, task.root);
  if (task.root.signal.load(std::memory_order_relaxed) != nullptr) [[unlikely]]
    end_signal(task);
  task.type().drop_work(task);
  task.held_locks.abandon_all();

  wake_chain woken;
  run_callbacks(task, [&] { mark_ended(task, woken); });

  runtime& run = *task.run;
  if (task.observed) [[unlikely]]
    run.watching()->ends(task);
  // A group that waits for this task may be gone once it has been told, and so may the waiters.
  if (task.owner != nullptr) {
    task.owner->child_ended(task);
  } else {
    detach(task.root);
  }
  woken.wake_all();
  run.let_go(task);
}

/// Gives up the run's reference, and counts the task out. If nobody else is left who could ask, its
/// result is destroyed and its exception told in between: both may wait, so until then the run is
/// not over.
void runtime::let_go(task_record& ended) noexcept {
  std::size_t left = 0;
  bool last;
  {
    guard const held(lock_);
    static_cast<live_hook&>(ended).unlink();
    last = ended.release_ref();
    if (!last) left = adopted_ - ++ended_;
  }
  task_left(last ? let_last_go(ended) : left);
}

COIR_COLD std::size_t runtime::let_last_go(task_record& ended) noexcept {
  ended.type().destroy(ended);
  guard const held(lock_);
  return adopted_ - ++ended_;
}

/// References to all that have not ended: what is done with them may not run under the lock that an ending
/// task needs.
std::vector<record_ref<task_record>> runtime::live_tasks() {
  std::vector<record_ref<task_record>> all;
  std::unique_lock<spin_lock> held(lock_);
  while (all.capacity() < adopted_ - ended_) {
    std::size_t const room = adopted_ - ended_;
    held.unlock();
    all.reserve(room);
    held.lock();
  }
  tasks_.for_each([&](task_record& task) {
    if (task.ended.load(std::memory_order_acquire)) return;  // on its way out of the list
    task.add_ref();
    all.emplace_back(&task);
  });
  return all;
}

void runtime::shut_down() noexcept {
  std::size_t left;
  {
    guard const held(lock_);
    shutting_down_ = true;  // who is spawned from now on is cancelled at birth
    left = adopted_ - ended_;
  }
  // Each goes to the end of the list when its turn comes: so no memory is needed for a list of them
  // all, and no lock is held while a cancel spreads.
  for (; left > 0; --left) {
    record_ref<task_record> next;
    {
      guard const held(lock_);
      if (tasks_.empty()) return;
      task_record& first = tasks_.pop_front();
      tasks_.push_back(first);
      first.add_ref();
      next = record_ref<task_record>(&first);
    }
    cancel_for_shutdown(*next);
  }
}

std::shared_ptr<outside> runtime::world(std::shared_ptr<outside> (*make)(runtime& run)) {
  {
    guard const held(lock_);
    if (world_ != nullptr) return world_;
  }
  std::shared_ptr<outside> fresh = make(*this);
  guard const held(lock_);
  if (world_ == nullptr) world_ = fresh;
  return world_;
}

void runtime::close_world() noexcept {
  if (world_ == nullptr) return;
  bool const waits = options_.grace > std::chrono::nanoseconds::zero();
  auto const start = std::chrono::steady_clock::now();
  world_->close(waits ? deadline_after(start, options_.grace) : time_point::min());
}

std::size_t runtime::live_count() noexcept {
  guard const held(lock_);
  return adopted_ - ended_;
}

std::string runtime::describe_waits() {
  std::vector<task_info> const tasks = snapshot();
  return wait_graph(tasks).describe_all();
}

}  // namespace coir::detail
