// SPDX-License-Identifier: BSL-1.0
/// Misuse and broken invariants.

#include <coir/base/check.hpp>

#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

namespace coir::detail {

void misuse(char const* message) { throw std::logic_error(message); }

void die(std::string_view message) noexcept {
  // write(2), not stdio: this may run on a fiber's small stack or inside a signal handler.
  auto put = [](std::string_view text) { return ::write(STDERR_FILENO, text.data(), text.size()); };
  (void)!put("coir: ");
  (void)!put(message);
  (void)!put("\n");
  std::abort();
}

}  // namespace coir::detail
