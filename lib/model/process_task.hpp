// SPDX-License-Identifier: BSL-1.0
/// A task that runs in a process of its own, as the process sees it that has spawned it.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <vector>

#include <coir/model/task_record.hpp>
#include <coir/timer/timer.hpp>

#include "model/process_hub.hpp"
#include "model/process_wire.hpp"
#include "sys/memory_file.hpp"
#include "wait/proxy.hpp"

namespace coir::detail {

class packer;

/// From the request for its process to the last notice about that. The task ends here, on the hub's
/// thread, as soon as its result has come: a process sends that as its last act, and what the system
/// then has to do until it is gone is nothing that a task should wait for. The run does, at its end.
class process_task final : public proxy, public listener, private timer {
 public:
  /// Has `fresh` run in a process of its own, and looks after it. `grace`: how long a cancelled one may
  /// go on before it is ended by a signal.
  ///   Throws: std::system_error, and then nothing was begun. If the fork server refuses later, the
  ///   task fails.
  /// `left` counts down when the process is gone, and is a futex.
  static void begin(task_record& fresh, std::chrono::nanoseconds grace,
                    std::atomic<std::uint32_t>& left);

  static process_task& of(task_core const& task) noexcept {
    return static_cast<process_task&>(proxy_of(task));
  }

  void wake(task_core& claimed) noexcept override;
  void hear() noexcept override;

  /// A cancel has claimed the task: its process is told.
  ///   Thread: the hub's.
  void pass_cancel_on() noexcept;

 private:
  /// What was last done to end its process.
  enum class pressure : unsigned char { none, cancelled, asked, terminated, killed };

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
  [[noreturn]] void deliver_death();
  void press_on() noexcept;
  void press(pressure how, std::chrono::nanoseconds patience) noexcept;

  process_hub& hub_;
  record_ref<task_record> task_;  // null once it has ended
  std::chrono::nanoseconds const grace_;
  descriptor const socket_;
  pressure pressed_ = pressure::none;
  std::atomic<std::uint32_t>& left_;
  std::atomic<bool> begun_{false};  // who has made it does not touch it any more
  bool settled_ = false;            // nothing more can come that changes how it has ended
  bool ending_ = false;             // it runs here, to its end
  bool gone_ = false;               // its process has ended

  // What was heard of it.
  result_notice result_;           // how: pending, if it has died before
  std::vector<std::byte> packed_;  // the result, or it is in the file
  std::vector<descriptor> attached_;
  descriptor file_;
  end_notice end_;
  std::exception_ptr trouble_;  // why nothing could be heard
};

}  // namespace coir::detail
