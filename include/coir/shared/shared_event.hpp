// SPDX-License-Identifier: BSL-1.0
/// shared<event>: a flag for which tasks of several processes wait.

#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include <coir/base/config.hpp>
#include <coir/shared/shared.hpp>
#include <coir/time/deadline.hpp>

namespace coir {

class event;
namespace detail {
class event_body;
}

/// An event that processes share: its functions are those of event.
/// Thread: any, of any process that has it.
template <>
class COIR_EXPORT shared<event> {
 public:
  ///   Throws: std::system_error.
  shared();

  /// Waits until it is set.
  ///   Blocks: yes; a suspension point even when it is set.
  ///   Throws: cancelled.
  void wait() const { (void)wait_until(never); }
  /// The same, for no longer than `limit`: false if it was not set by then. Zero or less is one look.
  template <class Rep, class Period>
  [[nodiscard]] bool wait_for(std::chrono::duration<Rep, Period> limit) const {
    return wait_until(detail::deadline_after(now(), limit));
  }
  bool wait_until(time_point deadline) const;

  /// Sets it.  Wakes: all who wait, also if clear() follows before they run.
  void set() const;
  void clear() const;
  [[nodiscard]] bool is_set() const;

 private:
  friend COIR_EXPORT void save(output_archive& out, shared const& value);
  friend COIR_EXPORT shared load(input_archive& in, std::type_identity<shared>);
  explicit shared(std::shared_ptr<detail::event_body> body) noexcept : body_(std::move(body)) {}

  std::shared_ptr<detail::event_body> body_;
};

}  // namespace coir
