// SPDX-License-Identifier: BSL-1.0
/// Causes and reasons.

#include <coir/base/error.hpp>

#include <atomic>
#include <cstdint>

namespace coir {

/// One text of all copies of a reason.
struct cancel_reason::shared_text {
  std::string const text;
  std::atomic<std::uint32_t> refs{1};
};

cancel_reason::cancel_reason(cancel_cause cause, std::string text)
    : cause_(cause), text_(text.empty() ? nullptr : new shared_text{std::move(text)}) {}

std::string cancel_reason::text() const { return text_ != nullptr ? text_->text : std::string(); }

void cancel_reason::hold() noexcept { text_->refs.fetch_add(1, std::memory_order_relaxed); }

void cancel_reason::let_go() noexcept {
  if (text_->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) delete text_;
}

char const* to_string(cancel_cause cause) noexcept {
  switch (cause) {
    case cancel_cause::requested: return "requested";
    case cancel_cause::deadline: return "deadline";
    case cancel_cause::sibling_failed: return "sibling_failed";
    case cancel_cause::shutdown: return "shutdown";
    case cancel_cause::interrupted: return "interrupted";
  }
  return "unknown";
}

}  // namespace coir
