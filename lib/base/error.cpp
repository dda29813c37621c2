// SPDX-License-Identifier: BSL-1.0
/// Names of causes.

#include <coir/base/error.hpp>

namespace coir {

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
