// SPDX-License-Identifier: BSL-1.0
/// Cancelling a job, and its end.

#include "pool/pool_job.hpp"

#include <mutex>
#include <utility>

#include "bridge/door.hpp"
#include "model/callbacks.hpp"
#include "pool/pool_core.hpp"
#include "pool/pool_worker.hpp"

namespace coir::detail {

pool_job::pool_job(std::shared_ptr<pool_core> pool_, task_record& fresh,
                   std::shared_ptr<packed_call const> call_, std::chrono::nanoseconds limit_)
    : pool(std::move(pool_)),
      task((fresh.add_ref(), &fresh)),
      call(std::move(call_)),
      limit(limit_),
      way_(door::here()) {
  way_->expect();
  set_proxy(fresh, *this);
  fresh.word.store(word::parked, std::memory_order_relaxed);
}

void pool_job::wake(task_core& claimed) noexcept { pool->hub().post(claimed); }

cancel_reason pool_job::reason() {
  std::lock_guard<spin_lock> const held(task->lock);
  return task->root.reason;
}

bool pool_job::is_cancelled() noexcept {
  std::lock_guard<spin_lock> const held(task->lock);
  return task->root.reached;
}

/// Until the word says so, nobody else can end the task: this is there as long.
void pool_job::look() noexcept {
  bool ours;
  {
    std::lock_guard<std::mutex> const held(pool->lock);
    task->word.store(word::parked, std::memory_order_seq_cst);  // the next cancel claims it anew
    if (state == job_state::running && !worker->call_in()) {
      (void)worker->take_answer();  // it came first (C4)
      pool->distribute();
    }
    if (state == job_state::running) return worker->cancel_current(reason());
    if (state == job_state::queued) {
      pool->withdraw(*this);
      trouble = std::make_exception_ptr(cancelled(reason()));
    }
    ours = settle();
  }
  if (ours) conclude();
}

bool pool_job::settle() noexcept { return claim(*task, wake_reason::fulfilled); }

void pool_job::conclude() noexcept {
  task_record& ended = *task;
  try {
    deliver();
    ended.how = outcome::finished;
  } catch (cancelled const&) {
    ended.error = std::current_exception();
    ended.how = outcome::cancelled;
  } catch (...) {
    ended.error = std::current_exception();
    ended.how = outcome::failed;
  }
  result = {};
  call = {};  // with their files, before the pool may end
  turn_deaf(ended, ended.root);
  ended.word.store(word::running, std::memory_order_release);  // has_result() from now on
  wake_chain woken;
  run_callbacks(ended, [&] { mark_ended(ended, woken); });
  woken.wake_all();
  way_->expect_less();
  task = {};
  pool->forget_job();
  delete this;
}

void pool_job::deliver() {
  try {
    if (trouble != nullptr) std::rethrow_exception(trouble);
    if (result.is_there()) return result.deliver(*task, call->type);
    if (by_force) throw cancelled(reason());
    throw_death(end, name_of(*task));
  } catch (cancelled const&) {
    if (!out_of_time || is_cancelled()) throw;  // a cancel from outside weighs more (T1)
  }
  auto const span = std::chrono::duration_cast<std::chrono::milliseconds>(limit);
  throw timeout_error("task " + name_of(*task) + " has not ended within the " +
                      std::to_string(span.count()) + " ms that it was given");
}

}  // namespace coir::detail
