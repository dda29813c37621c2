// SPDX-License-Identifier: BSL-1.0
/// task_local<T>: a variable of which each task has its own value, born with its spawner's.

#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include <coir/wait/task_core.hpp>

namespace coir {
namespace detail {

/// A key that no task_local has had.
COIR_EXPORT std::uint64_t new_local_key() noexcept;

/// The running task's value for `key`, or null.
COIR_EXPORT void const* find_local(std::uint64_t key);

/// Puts `value` in its place, null for none; returns what was there.
///   Throws: std::bad_alloc, and then nothing has changed.
COIR_EXPORT std::shared_ptr<void const> exchange_local(std::uint64_t key,
                                                       std::shared_ptr<void const> value);

/// What scoped_set does, whatever the type.
class COIR_EXPORT local_restorer {
 public:
  local_restorer(std::uint64_t key, std::shared_ptr<void const> value);
  local_restorer(local_restorer const&) = delete;
  local_restorer& operator=(local_restorer const&) = delete;
  ~local_restorer();

 private:
  std::uint64_t const key_;
  task_core& task_;
  std::shared_ptr<void const> before_;
};

}  // namespace detail

template <class T>
class scoped_set;

/// A variable of which each task has its own value.
///
/// A task is born with the values that its spawner saw at that moment, and what it sets is seen by
/// itself, by those it spawns from then on, and by nobody else. So it carries what belongs to a whole
/// request: its number, its user, its language. run() is born with the values of its caller.
/// A task on `processes` or in a pool sees none of them: values do not go from one process to another.
/// A plain thread has values of its own. Declare it as a global or static: values of one that is gone
/// stay with their tasks. Reading one looks through those that the task has set or inherited: it is for
/// a few of them, not for inner loops.
/// Thread: any.  Mirrors: contextvars.ContextVar.
template <class T>
class task_local {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>, "a task_local holds a plain value");

 public:
  /// Makes the value that is seen where none was set, from `args...`.
  template <class... Args>
  requires std::is_constructible_v<T, Args...>
  explicit task_local(Args&&... args) : initial_(std::forward<Args>(args)...) {}
  task_local(task_local const&) = delete;
  task_local& operator=(task_local const&) = delete;

  /// The running task's value. The reference is good until that task sets another.
  [[nodiscard]] T const& get() const {
    void const* const own = detail::find_local(key_);
    return own != nullptr ? *static_cast<T const*>(own) : initial_;
  }

  /// Sets the running task's value.
  ///   Throws: std::bad_alloc, and what moving a T throws; then nothing has changed.
  void set(T value) {
    (void)detail::exchange_local(key_, std::make_shared<T const>(std::move(value)));
  }

 private:
  friend class scoped_set<T>;
  T const initial_;
  std::uint64_t const key_ = detail::new_local_key();
};

/// Sets a task_local for a block, and puts back at its end what was there at its beginning:
///
///     coir::scoped_set const admin(user, "admin");
///
/// To end it in another task than it began in is a bug and aborts.
/// Mirrors: contextvars' Token and reset().
template <class T>
class [[nodiscard]] scoped_set {
 public:
  scoped_set(task_local<T> const& local, std::type_identity_t<T> value)
      : restorer_(local.key_, std::make_shared<T const>(std::move(value))) {}

 private:
  detail::local_restorer restorer_;
};

}  // namespace coir
