// SPDX-License-Identifier: BSL-1.0
/// shared<condition_variable>: waiting for something that a shared<mutex> guards.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include <coir/shared/shared_mutex.hpp>

namespace coir {

namespace detail {
class condition_body;
}

/// A condition variable that processes share: its functions are those of condition_variable.
///
/// A notification of which a dying process was told and did not return with goes to the next.
/// Thread: any, of any process that has it.
template <>
class COIR_EXPORT shared<condition_variable> {
 public:
  using lock_type = std::unique_lock<shared<mutex>>;

  ///   Throws: std::system_error.
  shared();

  /// Unlocks, waits for a notification, locks again.
  ///   Blocks: yes.
  ///   Throws: cancelled, with the mutex held; std::logic_error if the caller does not hold it;
  ///   broken_lock if another owner ended holding it meanwhile: `lock` then has no mutex any more.
  void wait(lock_type& lock) const { (void)wait_until(lock, never); }
  template <class Predicate>
  void wait(lock_type& lock, Predicate until) const {
    while (!until()) wait(lock);
  }
  /// The same, for no longer than `limit`: false on timeout; with a predicate, what it says then.
  template <class Rep, class Period>
  bool wait_for(lock_type& lock, std::chrono::duration<Rep, Period> limit) const {
    return wait_until(lock, detail::deadline_after(now(), limit));
  }
  template <class Rep, class Period, class Predicate>
  bool wait_for(lock_type& lock, std::chrono::duration<Rep, Period> limit, Predicate until) const {
    return wait_until(lock, detail::deadline_after(now(), limit), std::move(until));
  }
  bool wait_until(lock_type& lock, time_point deadline) const;
  template <class Predicate>
  bool wait_until(lock_type& lock, time_point deadline, Predicate until) const {
    while (!until())
      if (!wait_until(lock, deadline)) return until();
    return true;
  }

  /// Ends the wait of the oldest `count` waiters.
  void notify(std::size_t count) const;
  void notify_one() const { notify(1); }
  void notify_all() const { notify(static_cast<std::size_t>(-1)); }

 private:
  friend COIR_EXPORT void save(output_archive& out, shared const& value);
  friend COIR_EXPORT shared load(input_archive& in, std::type_identity<shared>);
  explicit shared(std::shared_ptr<detail::condition_body> body) noexcept : body_(std::move(body)) {}

  std::shared_ptr<detail::condition_body> body_;
};

}  // namespace coir
