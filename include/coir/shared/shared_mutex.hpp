// SPDX-License-Identifier: BSL-1.0
/// shared<mutex>: one owner at a time, of whatever process.

#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include <coir/base/config.hpp>
#include <coir/base/error.hpp>
#include <coir/shared/shared.hpp>
#include <coir/time/deadline.hpp>

namespace coir {

class mutex;
class condition_variable;
namespace detail {
class mutex_body;
}

/// A mutex that processes share: its functions are those of mutex. Use with std::unique_lock.
///
/// A task that ends holding it, or whose process dies holding it, leaves it broken: those who wait and
/// those who come get broken_lock, for what it guards may be half changed.
/// Thread: any, of any process that has it.
template <>
class COIR_EXPORT shared<mutex> {
 public:
  ///   Throws: std::system_error.
  shared();

  /// Takes it, parking until it is handed over.
  ///   Blocks: yes; a suspension point even when it is free.
  ///   Throws: cancelled, and then it is not held (C4); std::logic_error if the caller holds it;
  ///   broken_lock if its owner ended.
  void lock() const;
  /// Takes it if it is free; never waits.
  ///   Throws: broken_lock.
  [[nodiscard]] bool try_lock() const;
  /// The same as lock(), for no longer than `limit`; zero or less is one try.
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(std::chrono::duration<Rep, Period> limit) const {
    return try_lock_until(detail::deadline_after(now(), limit));
  }
  [[nodiscard]] bool try_lock_until(time_point deadline) const;

  /// Gives it to the oldest waiter, or frees it.
  ///   Throws: std::logic_error if the caller does not hold it; nothing has changed then.
  void unlock() const;

  /// Whether anybody holds it.
  [[nodiscard]] bool is_locked() const;

 private:
  friend class shared<condition_variable>;

  friend COIR_EXPORT void save(output_archive& out, shared const& value);
  friend COIR_EXPORT shared load(input_archive& in, std::type_identity<shared>);
  explicit shared(std::shared_ptr<detail::mutex_body> body) noexcept : body_(std::move(body)) {}

  std::shared_ptr<detail::mutex_body> body_;
};

}  // namespace coir
