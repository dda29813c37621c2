// SPDX-License-Identifier: BSL-1.0
/// shared<semaphore>: permits that tasks of several processes take.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

#include <coir/base/config.hpp>
#include <coir/shared/shared.hpp>
#include <coir/time/deadline.hpp>

namespace coir {

class semaphore;
namespace detail {
class semaphore_body;
}

/// A semaphore that processes share: its functions are those of semaphore.
///
/// A permit belongs to who has it, whatever becomes of him: one that a dead process had is gone, unless
/// it died before acquire() had returned.
/// Thread: any, of any process that has it.
template <>
class COIR_EXPORT shared<semaphore> {
 public:
  /// All permits are free.
  explicit shared(std::size_t permits) : shared(permits, permits) {}
  /// `free` permits now, never more than `most`.
  ///   Throws: std::invalid_argument if free > most; std::system_error.
  shared(std::size_t free, std::size_t most);

  /// Takes a permit, parking until one is free.
  ///   Blocks: yes; a suspension point even when a permit is free.
  ///   Throws: cancelled, and then no permit is taken (C4).
  void acquire() const { (void)try_acquire_until(never); }
  /// Takes one if it is free; never waits.
  [[nodiscard]] bool try_acquire() const;
  /// As acquire(), for no longer than `limit`: false, and no permit, then. Zero or less is one try.
  template <class Rep, class Period>
  [[nodiscard]] bool try_acquire_for(std::chrono::duration<Rep, Period> limit) const {
    return try_acquire_until(detail::deadline_after(now(), limit));
  }
  bool try_acquire_until(time_point deadline) const;

  /// Gives back `count` permits.
  ///   Wakes: as many as there are permits for them, oldest first.
  ///   Throws: std::logic_error if more would be free than there are; nothing has changed then (Q3).
  void release(std::size_t count = 1) const;

  /// Permits that nobody holds.
  [[nodiscard]] std::size_t available() const;

 private:
  friend COIR_EXPORT void save(output_archive& out, shared const& value);
  friend COIR_EXPORT shared load(input_archive& in, std::type_identity<shared>);
  explicit shared(std::shared_ptr<detail::semaphore_body> body) noexcept : body_(std::move(body)) {}

  std::shared_ptr<detail::semaphore_body> body_;
};

}  // namespace coir
