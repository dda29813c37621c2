// SPDX-License-Identifier: BSL-1.0
/// What every queue has, whatever its items are.

#pragma once

#include <cstddef>
#include <memory>

#include <coir/base/error.hpp>
#include <coir/base/spin_lock.hpp>
#include <coir/wait/wait_queue.hpp>

namespace coir {

/// A queue at one moment.
struct queue_statistics {
  std::size_t size = 0;             ///< items queued
  std::size_t capacity = 0;         ///< 0: any number
  std::size_t peak_size = 0;        ///< the most that were ever queued at a time
  std::size_t unfinished = 0;       ///< items put and not yet task_done()
  std::size_t waiting_getters = 0;  ///< tasks and threads parked in get()
  std::size_t waiting_putters = 0;  ///< in put()
  std::size_t waiting_joiners = 0;  ///< in join()
};

namespace detail {

inline constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

/// How many items fit into a queue of this capacity: 0 means any number.
constexpr std::size_t room_for(std::size_t capacity) noexcept {
  return capacity == 0 ? unlimited : capacity;
}

class shared_queue_body;

/// The counts and the waiters of a queue.
/// Thread: any; fields are guarded by `lock`.
struct COIR_EXPORT queue_core {
  explicit queue_core(std::size_t limit_) noexcept : limit(limit_) {}

  std::size_t limit;  // as it was made
  mutable spin_lock lock;
  bool shut_down = false;
  bool dropping = false;  // shut down at once: what comes back after a failed move is dropped too
  std::size_t peak_size = 0;
  std::size_t size = 0;        // items queued; above `limit` only after a failed move
  std::size_t unfinished = 0;  // items put and not yet task_done()
  wait_queue getters{"a queue was destroyed while tasks wait to get from it"};  // only while empty
  wait_queue putters{"a queue was destroyed while tasks wait to put into it"};  // only while full
  wait_queue joiners{"a queue was destroyed while tasks wait in its join()"};
  /// Of a queue that was made in a run on processes: where it really is, from the beginning. Nothing is
  /// ever stored here then, and there is no room: so only who would wait asks for it.
  std::shared_ptr<shared_queue_body> elsewhere;

  [[nodiscard]] bool has_room() const noexcept { return size < limit; }
  [[nodiscard]] std::size_t capacity() const noexcept;
  [[nodiscard]] std::size_t current_size() const noexcept;
  [[nodiscard]] queue_statistics statistics() const noexcept;
  void task_done();
  void join();

  /// Wakes all getters and putters empty-handed; `dropped` items are finished. Called with the lock
  /// held, releases it.
  void shut_down_and_unlock(std::size_t dropped) noexcept;

  /// Releases the lock and throws.
  [[noreturn]] void throw_shut_down();

  /// Has it lie in memory that processes share: before anybody uses it.
  void lie_in(std::shared_ptr<shared_queue_body> where) noexcept;
};

/// Whether the calling task's run is one on processes, where queues are shared (P5).
COIR_EXPORT bool on_processes() noexcept;

/// Throws for a queue that is to go to another process, and does not lie in shared memory.
[[noreturn]] COIR_EXPORT COIR_COLD void refuse_local_queue(std::size_t argument);

}  // namespace detail
}  // namespace coir
