// SPDX-License-Identifier: BSL-1.0
/// Where a pool's worker leaves a small answer for who waits for it himself, without the hub.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <coir/model/task_record.hpp>

#include "model/process_hub.hpp"
#include "sys/message.hpp"
#include "sys/shared_memory.hpp"

namespace coir::detail {

/// What a lane's word says of the call that its worker has, whose number stands above.
///
///   nobody    nobody waits at it: the answer goes to the hub
///   by_hub    and nobody may any more
///   thread    a thread sleeps on the word
///   bell      a fiber waits: the worker has the bell of its run, and rings it
///   answered  the answer lies here
///   | asleep  the thread is in, or on its way into, the kernel
namespace lane_word {
inline constexpr std::uint32_t nobody = 0;
inline constexpr std::uint32_t by_hub = 1;
inline constexpr std::uint32_t thread = 2;
inline constexpr std::uint32_t bell = 3;
inline constexpr std::uint32_t answered = 4;
inline constexpr std::uint32_t state_mask = 7;
inline constexpr std::uint32_t asleep = 8;
inline constexpr std::uint32_t next_call = 16;
}  // namespace lane_word

/// Memory that a worker shares with who has it. An answer that comes by it wakes who waits for the task,
/// and nobody else: by the socket it would wake the hub, and that the one who waits.
///
/// All that ends a call otherwise, a cancel, a limit, a death, is the hub's: who closes the lane for a
/// call (by_hub) finds that there is no answer yet, and that none will lie here.
/// Thread: any; the worker's part, the worker's.
class answer_lane {
 public:
  /// Fresh memory.
  ///   Throws: std::system_error.
  answer_lane() : memory_(size) {}
  /// For a worker: that in `file`.
  explicit answer_lane(descriptor file) : memory_(std::move(file), size) { memory_.close_file(); }

  /// To be sent to the worker, and then closed: who waits may keep the lane for longer than there is a pool.
  [[nodiscard]] int file() const noexcept { return memory_.file(); }
  void close_file() noexcept { memory_.close_file(); }

  // ---- who hands calls to the worker, one at a time, with a lock of his own --------------------

  /// The next call is about to go there. Returns what marks it.
  std::uint32_t begin_call(bool by_hub) noexcept;
  /// No answer to the call will lie here. False: one does.
  bool close() noexcept;
  [[nodiscard]] bool is_answered() const noexcept { return state() == lane_word::answered; }
  /// What it says; may be taken until the next call begins.
  [[nodiscard]] outcome how() const noexcept { return page().how; }
  [[nodiscard]] byte_view answer() const noexcept;
  /// Whether the worker has begun the call: if not, nothing of it has happened.
  [[nodiscard]] bool has_begun() const noexcept;
  /// The worker's process; 0: it has not begun.
  [[nodiscard]] std::int32_t process() const noexcept {
    return page().process.load(std::memory_order_relaxed);
  }

  /// The number of the run whose bell the worker has; 0: none.
  std::atomic<std::uint64_t> bell_of{0};

  // ---- who waits -------------------------------------------------------------------------------

  /// From now on the answer to the call wakes the task, which is about to wait. Returns the state that says
  /// so; 0 if it does not.
  std::uint32_t await(std::uint32_t call, task_core const& self) noexcept;
  /// It waits no more. True: there is an answer.
  bool leave(std::uint32_t call, std::uint32_t waited) noexcept;
  [[nodiscard]] std::atomic<std::uint32_t>& word() const noexcept { return page().word; }

  // ---- the worker ------------------------------------------------------------------------------

  void note_process(std::int32_t own) noexcept {
    page().process.store(own, std::memory_order_relaxed);
  }
  void note_begun() noexcept;
  /// Leaves the answer here, and wakes who waits: false if nobody does, or if it is too big. Then it is
  /// to be sent.
  bool leave_answer(outcome how, byte_view packed, int bell) noexcept;

 private:
  static constexpr std::size_t size = 4096;
  struct answer_page {
    std::atomic<std::uint32_t> word;
    std::atomic<std::uint32_t> begun;  // the call that has begun last
    std::atomic<std::int32_t> process;
    std::uint32_t packed;  // how many bytes
    outcome how;
    alignas(64) std::byte bytes[size - 64];
  };
  static_assert(sizeof(answer_page) == size);

  [[nodiscard]] answer_page& page() const noexcept {
    return *reinterpret_cast<answer_page*>(memory_.bytes().data());
  }
  [[nodiscard]] std::uint32_t state() const noexcept {
    return page().word.load(std::memory_order_acquire) & lane_word::state_mask;
  }
  bool change(std::uint32_t from, std::uint32_t to) noexcept;

  shared_memory memory_;
};

/// One at which tasks may wait.
class awaited_lane : public answer_lane {
 public:
  /// If there is an answer, ends the task whose it is.
  virtual void collect() noexcept = 0;
  /// Others wait for the worker: its answers are not to lie here.
  [[nodiscard]] virtual bool is_wanted() const noexcept = 0;

 protected:
  ~awaited_lane() = default;
};

/// What stands for a task whose answer may come by a lane.
class lane_client : public hub_client {
 public:
  struct seat {
    std::shared_ptr<awaited_lane> lane;  // null: it has none yet
    std::uint32_t call = 0;
  };
  /// Called with the task's lock held, before the task has ended.
  [[nodiscard]] virtual seat where() const noexcept = 0;

 protected:
  ~lane_client() = default;
};

/// await_end() for such a task, after the checkpoint.
bool await_answer(task_core& self, task_record& target, time_point deadline, bool shielded);

}  // namespace coir::detail
