// SPDX-License-Identifier: BSL-1.0
/// A worker of a pool: a process that runs one job after another.

#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include <coir/base/list.hpp>
#include <coir/sys/descriptor.hpp>
#include <coir/timer/timer.hpp>

#include "model/process_cancel.hpp"
#include "model/process_hub.hpp"
#include "model/process_result.hpp"
#include "model/process_wire.hpp"
#include "pool/packed_call.hpp"
#include "pool/pool_lane.hpp"

namespace coir::detail {

class pool_core;
class pool_job;

/// What a worker is there for.
enum class worker_state : unsigned char {
  initialising,  // runs the initializer
  idle,          // in the pool's list of those
  busy,          // has a job
  leaving,       // gets no more: it was told to end, or does not answer
};

/// From the request for its process until that is gone, as the pool sees it.
///
/// It has one job at a time, so its death costs no more than that one. Jobs go to it on a socket of their
/// own. What it answers comes on another one, to the hub; or, if it is short and somebody waits for it, by
/// the lane, from which he takes it. When it has died, the lane tells whether it had begun its last job:
/// if not, another worker gets that.
/// Thread: what is marked so, the hub's; the rest, any, with the pool's lock held.
class pool_worker final : public listener, public list_hook {
 public:
  /// Has a process made. It initialises itself first, if the pool says so; else it is idle, though in no
  /// list yet.
  ///   Throws: std::system_error, and then there is none. If the fork server refuses later, it dies.
  static pool_worker& begin(pool_core& pool, std::string const& name);

  /// Hands `job` to it; false if it is dying, and then is leaving.
  bool take(pool_job& job);

  /// No more jobs: it ends once it has done what it has.
  void retire() noexcept;

  /// Its answer is the hub's from now on. False: it lies in the lane already.
  bool call_in() noexcept { return lane_->close(); }
  /// Takes the answer that lies there, and releases the worker: its job, which is over, or null.
  pool_job* take_answer() noexcept;

  /// Its job is cancelled.
  ///   Thread: the hub's.
  void cancel_current(cancel_reason const& reason) noexcept;

  /// Its initializer is cancelled.
  ///   Thread: the hub's.
  void cancel_initializer() noexcept;

  /// Sets the timer for its job's limit, if it has one.
  ///   Thread: the hub's.
  void mind_limit() noexcept;

  /// Where its job is, as a dump says it.
  [[nodiscard]] std::string describe() const;

  void hear() noexcept override;

  worker_state state = worker_state::idle;
  pool_job* current = nullptr;  // of a busy one
  std::size_t taken = 0;        // jobs, ever

 private:
  struct limit_timer : timer {
    explicit limit_timer(pool_worker& of_) noexcept
        : timer([](timer& self) noexcept { static_cast<limit_timer&>(self).of.limit_has_come(); }),
          of(of_) {}
    pool_worker& of;
  };

  explicit pool_worker(pool_core& pool, descriptor socket, descriptor requests);
  ~pool_worker() = default;

  int send(packed_call const& call, std::uint64_t task, std::string_view name,
           int bell = -1) noexcept;
  void limit_has_come() noexcept;
  void take_result(byte_view all, message& came) noexcept;
  pool_job& end_job(process_result&& result, std::exception_ptr&& trouble) noexcept;
  void is_gone() noexcept;

  std::shared_ptr<pool_core> const pool_;
  std::uint64_t const number_;  // by which the fork server knows it
  descriptor socket_;           // for all but jobs
  descriptor requests_;         // for jobs; none once it is to end
  std::shared_ptr<pool_lane> const lane_;
  process_cancel cancel_;  // of its job; the hub's, as the rest
  limit_timer limit_;
  end_notice end_;
  std::exception_ptr trouble_;  // why there is no process
};

}  // namespace coir::detail
