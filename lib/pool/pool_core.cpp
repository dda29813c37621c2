// SPDX-License-Identifier: BSL-1.0
/// Who gets what.

#include "pool/pool_core.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/exception_text.hpp"
#include "bridge/door.hpp"
#include "model/far_waits.hpp"
#include "model/fork_server.hpp"
#include "model/runtime.hpp"

namespace coir::detail {
namespace {

using guard = std::lock_guard<std::mutex>;

pool_core::run_bell bell_of_caller() noexcept {
  task_core* const self = current_task();
  if (self == nullptr || self->kind != task_kind::fiber) return {};
  runtime& run = *static_cast<task_record*>(self)->run;
  far_waits* const far = run.far();
  return far != nullptr ? pool_core::run_bell{far->number(), run.bell()} : pool_core::run_bell{};
}

std::size_t cpus() noexcept { return std::max(1u, std::thread::hardware_concurrency()); }

}  // namespace

pool_core::pool_core(process_pool_options&& options)
    : options_(std::move(options)),
      most_(options_.workers != 0 ? options_.workers : cpus()),
      hub_((start_fork_server(), process_hub::for_caller())),
      end_(ended_.get_future()),
      bell_(*this) {
  enter_list();
}

packed_call const* pool_core::initializer() const noexcept {
  return options_.initializer.packed().get();
}

// ---- jobs ----------------------------------------------------------------------------------------

void pool_core::check_open() const {
  if (broken_) throw broken_pool(why_broken_);
  if (closed_) throw std::logic_error("coir: nothing can be submitted to a pool that was closed");
}

void pool_core::submit(task_record& fresh, std::shared_ptr<packed_call const> call,
                       submit_options const& options) {
  {
    guard const held(lock);
    check_open();
    ++jobs_;
  }
  pool_job* job;
  try {
    fresh.id = next_task_id();
    if (!options.name.empty()) set_name(fresh, options.name);
    job = new pool_job(shared_from_this(), fresh, std::move(call), options.limit);
  } catch (...) {
    forget_job();
    throw;
  }
  guard const held(lock);
  queue_.push_back(*job);  // it may end at any time from now on
  ++queued_;
  if (broken_) {
    fail(*job, std::make_exception_ptr(broken_pool(why_broken_)));
  } else {
    caller_ = bell_of_caller();
    distribute();
    caller_ = {};
  }
}

void pool_core::withdraw(pool_job& job) noexcept {
  if (job.state == job_state::queued) --queued_;
  job.unlink();
  job.state = job_state::over;
}

void pool_core::put_back(pool_job& job) noexcept {
  job.unlink();
  job.state = job_state::queued;
  job.worker = nullptr;
  queue_.push_front(job);
  ++queued_;
}

void pool_core::fail(pool_job& job, std::exception_ptr why) noexcept {
  withdraw(job);
  job.trouble = std::move(why);
  if (claim(*job.task, wake_reason::fulfilled)) hub_.post(*job.task);
}

void pool_core::forget_job() noexcept {
  {
    guard const held(lock);
    --jobs_;
  }
  tell_if_ended();
}

void pool_core::cancel_all(char const* why) {
  std::vector<record_ref<task_record>> all;
  {
    guard const held(lock);
    ending_ = true;  // who is freed by that begins nothing that is about to be cancelled
    auto const note = [&](pool_job& job) {
      job.task->add_ref();
      all.emplace_back(job.task.get());
    };
    running_.for_each(note);
    queue_.for_each(note);
    if (starting_ != 0) ring();
  }
  for (auto const& each : all) cancel(each->root, cleanup_reason(why));
}

// ---- workers -------------------------------------------------------------------------------------

/// While jobs wait, answers come by the hub: it gives the next one at once, and who waits may be long in
/// coming to look.
void pool_core::distribute() noexcept {
  give_out();
  bool const too_few = !queue_.empty() && !ending_;
  if (too_few == too_few_.load(std::memory_order_relaxed)) return;
  too_few_.store(too_few, std::memory_order_seq_cst);  // before the look at those who wait
  if (!too_few) return;
  bool answers_lie = false;
  running_.for_each([&](pool_job& job) {
    if (!job.worker->call_in()) answers_lie = true;
  });
  if (answers_lie) ring();
}

void pool_core::give_out() noexcept {
  while (!queue_.empty() && !ending_) {
    if (idle_.empty()) {
      if (serving_ >= most_ || starting_ >= queued_) return;
      try {
        if (!begin_worker()) return;
      } catch (...) {
        if (serving_ != 0) return;
        fail(queue_.front(), std::current_exception());
      }
      continue;
    }
    pool_worker& worker = idle_.pop_front();
    pool_job& job = queue_.pop_front();
    --queued_;
    running_.push_back(job);
    if (!worker.take(job)) put_back(job);
  }
}

/// False if there is no process for it, of which the hub hears in a moment.
bool pool_core::begin_worker() {
  std::string const name =
      (options_.name.empty() ? "pool" : options_.name) + "-" + std::to_string(begun_ + 1);
  pool_worker& fresh = pool_worker::begin(*this, name);
  ++begun_;
  ++processes_;
  if (fresh.state == worker_state::leaving) return false;
  ++serving_;
  if (fresh.state == worker_state::initialising) {
    ++starting_;
    initialising_.push_back(fresh);
  } else {
    idle_.push_front(fresh);
  }
  return true;
}

void pool_core::release(pool_worker& worker) noexcept {
  std::size_t const most = options_.max_tasks_per_worker;
  bool const worn_out = most != 0 && worker.taken >= most;
  if (worn_out || broken_ || ending_ || (closed_ && queue_.empty())) return worker.retire();
  worker.state = worker_state::idle;
  idle_.push_front(worker);
}

void pool_core::discharge(pool_worker& worker) noexcept {
  if (worker.state == worker_state::leaving) return;
  if (worker.state == worker_state::initialising) --starting_;
  worker.unlink();
  worker.state = worker_state::leaving;
  --serving_;
}

void pool_core::refuse_worker(std::exception_ptr const& why) noexcept {
  if (serving_ == 0 && !queue_.empty()) fail(queue_.front(), why);
}

void pool_core::initialised(pool_worker& worker, std::exception_ptr const& error) noexcept {
  if (error != nullptr) {
    worker.retire();
    break_down(text_of(error));
  } else {
    --starting_;
    worker.unlink();
    release(worker);
  }
}

void pool_core::break_down(std::string const& why) noexcept {
  if (broken_ || ending_) return;
  broken_ = true;
  why_broken_ = "coir: the process_pool is broken, for its initializer has failed: " + why;
  while (!queue_.empty()) fail(queue_.front(), std::make_exception_ptr(broken_pool(why_broken_)));
  while (!idle_.empty()) idle_.front().retire();
}

void pool_core::ring() noexcept {
  if (rung_ != nullptr) return;
  rung_ = shared_from_this();
  hub_.post(bell_.core);
}

void pool_core::look() noexcept {
  std::shared_ptr<pool_core> kept;
  std::unique_lock<std::mutex> held(lock);
  kept = std::move(rung_);
  for (;;) {
    pool_job* ended = nullptr;
    running_.for_each([&](pool_job& job) {
      if (ended == nullptr) ended = job.worker->take_answer();
    });
    if (ended == nullptr) break;
    distribute();
    if (!ended->settle()) continue;
    held.unlock();
    ended->conclude();
    held.lock();
  }
  running_.for_each([](pool_job& job) { job.worker->mind_limit(); });
  if (ending_) initialising_.for_each([](pool_worker& worker) { worker.cancel_initializer(); });
}

// ---- the end -------------------------------------------------------------------------------------

void pool_core::close() {
  {
    guard const held(lock);
    closed_ = true;
    while (!idle_.empty()) idle_.front().retire();
  }
  tell_if_ended();
}

void pool_core::tell_if_ended() noexcept {
  {
    guard const held(lock);
    if (!closed_ || told_ || jobs_ != 0 || processes_ != 0) return;
    told_ = true;
    options_.initializer = {};  // there may be a file in it
  }
  ended_.set_value();
}

void pool_core::wait_for_end(bool shielded) {
  struct expecting {
    explicit expecting(std::shared_ptr<door> way_) noexcept : way(std::move(way_)) {
      way->expect();
    }
    ~expecting() { way->expect_less(); }
    std::shared_ptr<door> const way;
  } const until_then(door::here());
  await_end(end_.record(), never, shielded);
}

}  // namespace coir::detail
