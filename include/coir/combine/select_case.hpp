// SPDX-License-Identifier: BSL-1.0
/// What may win a select, and how the first one is found.

#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include <coir/cancel/scope.hpp>
#include <coir/model/task_record.hpp>
#include <coir/wait/wait_queue.hpp>

namespace coir::detail {

/// One possibility of a select: a get, a put, an end, a point in time.
///
/// It lies in the frame of the task that selects, from the call of on_get() and its like to the end of
/// the statement. select_first() calls it in this order: prepare; attempt, any number of times; if the
/// task has to wait, link or link_alone, and unlink; give_back. At most one of attempt,
/// attempt_alone, link_alone and unlink says that it has won, in one of all cases of the select.
/// Thread: its task's; what others do to it, they do under the lock of what it is linked in.
class COIR_EXPORT select_case {
 public:
  explicit select_case(spin_lock* lock = nullptr, time_point deadline = never) noexcept
      : lock_(lock), deadline_(deadline) {}
  select_case(select_case const&) = delete;
  select_case& operator=(select_case const&) = delete;

  /// Held during is_decided(), attempt() and link(), with those of all other cases. Null: none is
  /// needed, or it may not be held beside others.
  [[nodiscard]] spin_lock* lock() const noexcept { return lock_; }
  /// When it wins, if nothing else has by then.
  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }

  /// Leaves it out of the select.
  void close() noexcept { open_ = false; }
  [[nodiscard]] bool is_open() const noexcept { return open_; }

  /// Makes everything ready that cannot be done under a lock.
  virtual void prepare(task_core&) {}

  /// Wins now, if it can; then it has taken its effect. `woken` gets whom it has claimed.
  virtual bool attempt(wake_chain& woken) noexcept = 0;

  /// Whether attempt() can tell. Else user code has to run first, with attempt_alone().
  [[nodiscard]] virtual bool is_decided() const noexcept { return true; }
  virtual bool attempt_alone() { return false; }

  /// Lets the one who can make it win know that `self` waits.
  virtual void link(task_core&) noexcept {}
  /// The same with a lock of its own, once the wait is open. True: it is ready by now, not linked,
  /// and has won if nobody else has ended the wait.
  virtual bool link_alone(task_core&) noexcept { return false; }

  /// Undoes link() and link_alone(). True if this case has ended the wait, and so has won.
  virtual bool unlink() noexcept { return false; }

  /// Gives the caller back what he lent: it was not put.
  virtual void give_back() {}

 protected:
  ~select_case() = default;

 private:
  spin_lock* const lock_;
  time_point const deadline_;
  bool open_ = true;
};

/// A case whose link is a place in the line of a primitive.
class COIR_EXPORT queued_case : public select_case {
 public:
  void link(task_core& self) noexcept final;
  bool unlink() noexcept final;

 protected:
  queued_case(spin_lock& lock, wait_queue& line) noexcept : select_case(&lock), line_(line) {}
  ~queued_case() = default;

  /// What its node offers, and what the node holds when it has ended the wait.
  virtual void* offered() noexcept { return nullptr; }
  virtual void chosen(void* /*item*/) noexcept {}

 private:
  wait_queue& line_;
  std::optional<wait_node> node_;
};

/// Waits for the first of `cases`, which has then won, alone: its number. Nothing is linked any more.
///
/// Several that are ready at once all get their chance: the search begins at another one each time.
/// A deadline wins only if no other case is ready.
///   Blocks: yes; a suspension point always.
///   Throws: cancelled, and no case has won; std::logic_error when no case is open; deadlock on `serial`; what prepare(), attempt_alone() and
///   give_back() throw.
COIR_EXPORT std::size_t select_first(std::span<select_case* const> cases);

/// Throws for a queue in memory that processes share.
[[noreturn]] COIR_EXPORT COIR_COLD void refuse_select();

}  // namespace coir::detail
