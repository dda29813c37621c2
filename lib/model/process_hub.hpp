// SPDX-License-Identifier: BSL-1.0
/// The hub: the thread of a process that hears from other processes.

#pragma once

#include <cstddef>
#include <memory>

#include <coir/timer/timer.hpp>

#include "sys/message.hpp"
#include "wait/inbox.hpp"
#include "wait/proxy.hpp"

namespace coir::detail {

/// Whoever waits for messages on a socket.
class listener {
 public:
  /// There is something to receive, or the peer is gone. May end the listener's life.
  ///   Thread: the hub's.
  virtual void hear() noexcept = 0;

 protected:
  ~listener() = default;
};

/// What stands for a task that was posted to the hub.
class hub_client : public proxy {
 public:
  static hub_client& of(task_core const& task) noexcept {
    return static_cast<hub_client&>(proxy_of(task));
  }

  /// The task was posted, by whoever had claimed it.
  ///   Thread: the hub's.
  virtual void look() noexcept = 0;

 protected:
  ~hub_client() = default;
};

/// One thread that waits for the messages of all other processes: so the tasks they are about may be
/// waited for by any run, and their deadlines are kept while everybody here is busy.
///
/// It is the process's and not a run's, for a thread costs more than all that is to be said about a
/// task. It begins with the first task and never ends.
/// Thread: hear() and what is marked so, the hub's own; the rest, any.
class process_hub {
 public:
  /// This process's hub.
  ///   Throws: std::system_error when it cannot begin.
  static process_hub& here();

  /// The one for a task that the calling code begins. Code that a hub runs, as the end of a task is, may
  /// wait for what it has begun, so that must be heard of elsewhere: by the hub's deputy.
  ///   Throws: as here().
  static process_hub& for_caller();

  process_hub(process_hub const&) = delete;
  process_hub& operator=(process_hub const&) = delete;

  /// Listens to `socket` from now on.
  ///   Throws: std::system_error.
  void attend(int socket, listener& who);
  void ignore(int socket) noexcept;

  /// Has what stands for the task look at the claim on it.
  void post(task_core& claimed) noexcept { inbox_.push(claimed); }

  timer_queue timers;  // the hub's own, as the next
  std::unique_ptr<std::byte[]> const room{new std::byte[largest_message]};  // for what is received

 private:
  process_hub();
  [[noreturn]] void serve() noexcept;
  void look_into_inbox() noexcept;

  descriptor bell_;
  descriptor epoll_;
  inbox inbox_;
  process_hub* deputy_ = nullptr;  // its own to make; never ends either
};

}  // namespace coir::detail
