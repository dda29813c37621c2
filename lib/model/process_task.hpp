// SPDX-License-Identifier: BSL-1.0
/// A task that runs in a process of its own, as the process sees it that has spawned it.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>

#include <coir/model/task_record.hpp>

#include "model/process_cancel.hpp"
#include "model/process_hub.hpp"
#include "model/process_result.hpp"
#include "model/process_wire.hpp"

namespace coir::detail {

class packer;

/// From the request for its process to the last notice about that. The task ends here, on the hub's
/// thread, as soon as its result has come: a process sends that as its last act, and what the system
/// then has to do until it is gone is nothing that a task should wait for. The run does, at its end.
class process_task final : public hub_client, public listener {
 public:
  /// Has `fresh` run in a process of its own, and looks after it. `grace`: how long a cancelled one may
  /// go on before it is ended by a signal.
  ///   Throws: std::system_error, and then nothing was begun. If the fork server refuses later, the
  ///   task fails.
  /// `left` counts down when the process is gone, and is a futex.
  static void begin(task_record& fresh, std::chrono::nanoseconds grace,
                    std::atomic<std::uint32_t>& left);

  void wake(task_core& claimed) noexcept override;
  void hear() noexcept override;

  /// A cancel has claimed the task: its process is told.
  void look() noexcept override;

 private:
  process_task(task_record& task, std::chrono::nanoseconds grace, descriptor socket,
               std::atomic<std::uint32_t>& left);
  ~process_task() = default;

  void request(int theirs, packer const& packed);
  void take_notice(message& came);
  void settle() noexcept;
  void conclude() noexcept;
  void process_is_gone() noexcept;
  void retire() noexcept;
  void deliver();
  [[noreturn]] void deliver_force(int signal);

  process_hub& hub_;
  task_record* task_;  // its run's, until it has ended; null then
  std::chrono::nanoseconds const grace_;
  descriptor const socket_;
  process_cancel cancel_;
  std::atomic<std::uint32_t>& left_;
  std::atomic<bool> begun_{false};  // who has made it does not touch it any more
  bool settled_ = false;            // nothing more can come that changes how it has ended
  bool ending_ = false;             // it runs here, to its end
  bool gone_ = false;               // its process has ended

  // What was heard of it.
  process_result result_;
  end_notice end_;
  std::exception_ptr trouble_;  // why nothing could be heard
};

}  // namespace coir::detail
