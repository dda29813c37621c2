// SPDX-License-Identifier: BSL-1.0
/// A task that was submitted to a pool, from then until it has ended.

#pragma once

#include <chrono>
#include <exception>
#include <memory>

#include <coir/base/list.hpp>
#include <coir/model/task_record.hpp>

#include "model/answer_lane.hpp"
#include "model/process_result.hpp"
#include "pool/packed_call.hpp"

namespace coir::detail {

class door;
class pool_core;
class pool_worker;

/// Where a job is.
enum class job_state : unsigned char {
  queued,   // in the pool's queue
  running,  // a worker has it
  over,     // nothing more can come that changes how it ends
};

/// It ends as a promise is settled: by whoever claims its task, which is parked from its beginning to its
/// end; so on the hub's thread, or on that of a task that waits for it. The first claim may be a cancel's,
/// which then is passed on here.
/// Thread: the hub's; the fields marked so, any, under the pool's lock.
class pool_job final : public lane_client, public list_hook {
 public:
  /// For `fresh`, which nobody else knows yet.
  pool_job(std::shared_ptr<pool_core> pool, task_record& fresh,
           std::shared_ptr<packed_call const> call, std::chrono::nanoseconds limit);

  /// A cancel: those who wait in the queue leave it, others' workers are told.
  void wake(task_core& claimed) noexcept override;
  void look() noexcept override;

  [[nodiscard]] bool is_cancelled() noexcept;
  [[nodiscard]] seat where() const noexcept override { return at; }

  /// It is over. True if the caller is to end the task, once he has released the pool's lock, with which
  /// this is called. Else a cancel is on its way to look(), which then does so: by then this may be gone.
  [[nodiscard]] bool settle() noexcept;

  /// Ends the task, and this.
  ///   Thread: any, after settle().
  void conclude() noexcept;

  std::shared_ptr<pool_core> const pool;
  record_ref<task_record> task;
  std::shared_ptr<packed_call const> call;
  std::chrono::nanoseconds const limit;  // how long it may run; zero: for ever

  // Guarded by the pool's lock.
  job_state state = job_state::queued;
  pool_worker* worker = nullptr;  // of a running one
  unsigned lost = 0;              // how many workers have died before they began it

  seat at;  // of its worker; guarded by the task's lock

  // How it has ended; written before it is over.
  process_result result;
  end_notice end;              // its worker's, if there is no result
  std::exception_ptr trouble;  // what it has thrown, or why it never ran
  bool by_force = false;       // its worker was ended because it went on after a cancel
  bool out_of_time = false;    // it was cancelled because of its limit

 private:
  ~pool_job() = default;
  void deliver();
  [[nodiscard]] cancel_reason reason();

  std::shared_ptr<door> const way_;  // of who has submitted it: there its end is expected
};

}  // namespace coir::detail
