// SPDX-License-Identifier: BSL-1.0
/// shared<barrier>: so many tasks of several processes wait until all of them are there.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include <coir/base/config.hpp>
#include <coir/base/error.hpp>
#include <coir/shared/shared.hpp>
#include <coir/time/deadline.hpp>

namespace coir {

class barrier;
namespace detail {
class barrier_body;
}

/// A barrier that processes share: its functions are those of barrier.
///
/// A party whose process dies while it waits does not count any more, as soon as its death is noticed.
/// Thread: any, of any process that has it.
template <>
class COIR_EXPORT shared<barrier> {
 public:
  ///   Throws: std::invalid_argument if `parties` is 0; std::system_error.
  explicit shared(std::size_t parties);

  /// Waits until `parties` are here. Returns each a number of its own, from 0 for the one who came
  /// first to parties - 1 for the last.
  ///   Blocks: yes; a suspension point for the last one too.
  ///   Throws: cancelled, and then the caller has not been here; broken_barrier after abort(), or if
  ///   reset() comes meanwhile.
  std::size_t wait() const { return *wait_until(never); }
  /// The same, for no longer than `limit`: nullopt, and the caller has not been here, then.
  template <class Rep, class Period>
  [[nodiscard]] std::optional<std::size_t> wait_for(
      std::chrono::duration<Rep, Period> limit) const {
    return wait_until(detail::deadline_after(now(), limit));
  }
  std::optional<std::size_t> wait_until(time_point deadline) const;

  /// Breaks it: until reset(), whoever waits or comes gets broken_barrier.
  void abort() const;
  /// Makes it as new. Those who wait get broken_barrier.
  void reset() const;

  [[nodiscard]] std::size_t parties() const noexcept;
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] bool is_broken() const;

 private:
  friend COIR_EXPORT void save(output_archive& out, shared const& value);
  friend COIR_EXPORT shared load(input_archive& in, std::type_identity<shared>);
  explicit shared(std::shared_ptr<detail::barrier_body> body) noexcept : body_(std::move(body)) {}

  std::shared_ptr<detail::barrier_body> body_;
};

}  // namespace coir
