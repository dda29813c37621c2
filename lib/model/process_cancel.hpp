// SPDX-License-Identifier: BSL-1.0
/// How a task in another process is made to end (P2).

#pragma once

#include <chrono>
#include <cstdint>

#include <coir/timer/timer.hpp>

#include "model/process_hub.hpp"
#include "model/process_wire.hpp"

namespace coir::detail {

/// First its process is told; after the grace period it is asked whether the cancel still holds, and if
/// so, or if it does not answer, come SIGTERM and SIGKILL.
/// Thread: the hub's.
class process_cancel : private timer {
 public:
  /// `socket` leads to the process, which the fork server knows by the number `process`.
  process_cancel(process_hub& hub, int socket, std::uint64_t process,
                 std::chrono::nanoseconds grace);
  ~process_cancel() { lift(); }

  /// Tells it that `task` is cancelled. From the first time on the grace period runs.
  void request(std::uint64_t task, cancel_reason const& reason) noexcept;

  /// It has answered, with a still_notice. One that has taken the cancel back is left alone.
  void hear(byte_view notice) noexcept;

  /// The task has ended: nothing more is done.
  void lift() noexcept;

  /// The signal that was sent to end it; 0: none.
  [[nodiscard]] int signal_sent() const noexcept;

  /// Whether the signal is what has ended the process.
  [[nodiscard]] bool explains(end_notice const& end) const noexcept;

 private:
  /// What was last done to end it.
  enum class pressure : unsigned char { none, cancelled, asked, terminated, killed };

  void press_on() noexcept;
  void press(pressure how, std::chrono::nanoseconds patience) noexcept;

  process_hub& hub_;
  int const socket_;
  std::uint64_t const process_;
  std::chrono::nanoseconds const grace_;
  std::uint64_t task_ = 0;
  pressure pressed_ = pressure::none;
};

}  // namespace coir::detail
