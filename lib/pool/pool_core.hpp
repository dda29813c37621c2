// SPDX-License-Identifier: BSL-1.0
/// What a pool is behind its handle: a queue, workers, and who gets what.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <coir/base/list.hpp>
#include <coir/pool/process_pool.hpp>
#include <coir/task/promise.hpp>

#include "model/process_hub.hpp"
#include "pool/pool_job.hpp"
#include "pool/pool_worker.hpp"

namespace coir::detail {

/// Lives as long as the pool, its workers and its jobs.
///
/// A job goes to the worker that has become idle last, else to a new one while there may be more, else it
/// waits. Whoever brings a job or frees a worker sees to that; nobody waits for the hub.
/// Thread: any. Functions in the second part are called with the lock held.
class pool_core : public std::enable_shared_from_this<pool_core>, public list_hook {
 public:
  ///   Throws: std::logic_error, std::system_error.
  explicit pool_core(process_pool_options&& options);
  ~pool_core() { leave_list(); }
  pool_core(pool_core const&) = delete;
  pool_core& operator=(pool_core const&) = delete;

  /// Enters `fresh`, whose call was packed.
  ///   Throws: std::logic_error, broken_pool, std::system_error, and then nothing was begun.
  void submit(task_record& fresh, std::shared_ptr<packed_call const> call,
              submit_options const& options);

  /// No more jobs come.
  void close();
  /// Cancels all jobs.
  void cancel_all(char const* why);
  /// Waits until all is gone.
  ///   Throws: cancelled, unless shielded.
  void wait_for_end(bool shielded);

  /// What it has to do, for a dump; empty if that is nothing.
  [[nodiscard]] std::string describe();

  /// A job has ended.
  void forget_job() noexcept;

  [[nodiscard]] std::size_t most_workers() const noexcept { return most_; }
  [[nodiscard]] process_hub& hub() const noexcept { return hub_; }
  [[nodiscard]] packed_call const* initializer() const noexcept;
  [[nodiscard]] process_pool_options const& options() const noexcept { return options_; }

  /// Jobs wait for a worker.
  [[nodiscard]] bool has_too_few_workers() const noexcept {
    return too_few_.load(std::memory_order_seq_cst);
  }

  std::mutex lock;  // guards all but the options

  // ---- with the lock held ----

  /// Takes a job out of the queue, for good.
  void withdraw(pool_job& queued) noexcept;
  /// Back to its head: its worker has died before it began.
  void put_back(pool_job& job) noexcept;

  /// The run in which a job is being submitted, while its thread does so, if it has fibers.
  struct run_bell {
    std::uint64_t run = 0;
    int bell = -1;
  };
  [[nodiscard]] run_bell caller() const noexcept { return caller_; }

  /// Gives jobs to those who can take them, and begins workers as there may be. Not one job is left behind
  /// without a worker: if there can be none, it fails.
  void distribute() noexcept;

  /// A worker is free.
  void release(pool_worker& worker) noexcept;
  /// It serves no longer, and leaves the list of the idle.
  void discharge(pool_worker& worker) noexcept;
  /// Its process is gone.
  void forget_worker() noexcept { --processes_; }
  /// There was none for it: if nobody serves, a job fails for that.
  void refuse_worker(std::exception_ptr const& why) noexcept;

  /// The initializer has run in a worker, and has thrown `error` if that is not null.
  void initialised(pool_worker& worker, std::exception_ptr const& error) noexcept;
  /// It has failed: nothing more will be begun.
  void break_down(std::string const& why) noexcept;

  /// Has a job end, on the hub's thread.
  void fail(pool_job& job, std::exception_ptr why) noexcept;

  /// Has the hub look at the limits of jobs, and end initializers that are not needed.
  void ring() noexcept;

  /// After all that, without the lock: tells those who wait for the end, if it has come.
  void tell_if_ended() noexcept;

 private:
  /// Posted to the hub, for what only that may do.
  class bell final : public hub_client {
   public:
    explicit bell(pool_core& of) noexcept : of_(of), core(task_kind::pooled) {
      set_proxy(core, *this);
    }
    void wake(task_core&) noexcept override {}
    void look() noexcept override { of_.look(); }

   private:
    pool_core& of_;

   public:
    task_core core;
  };

  void enter_list();
  void leave_list() noexcept;
  void check_open() const;
  void give_out() noexcept;
  [[nodiscard]] bool begin_worker();
  void look() noexcept;

  process_pool_options options_;
  std::size_t const most_;  // workers at a time
  process_hub& hub_;
  list<pool_job, list_hook> queue_;
  list<pool_job, list_hook> running_;
  std::size_t queued_ = 0;
  std::size_t jobs_ = 0;               // that have not ended
  list<pool_worker, list_hook> idle_;  // the last one to become so first
  list<pool_worker, list_hook> initialising_;
  std::size_t serving_ = 0;    // workers that are not leaving
  std::size_t starting_ = 0;   // of these, how many initialise themselves
  std::size_t processes_ = 0;  // workers, leaving ones too
  std::size_t begun_ = 0;      // ever
  std::atomic<bool> too_few_{false};
  run_bell caller_;
  bool closed_ = false;
  bool ending_ = false;  // all jobs are cancelled
  bool broken_ = false;
  bool told_ = false;
  std::string why_broken_;
  promise<void> ended_;
  future<void> end_;
  bell bell_;
  std::shared_ptr<pool_core> rung_;  // this, while the bell is on its way
};

}  // namespace coir::detail
