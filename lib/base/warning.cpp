// SPDX-License-Identifier: BSL-1.0
/// The warning handler, and the default one.

#include <coir/base/warning.hpp>

#include <mutex>
#include <utility>

#include <unistd.h>

namespace coir {
namespace {

std::mutex handler_lock;  // guards the handler, which is the process's: warnings come from any run
warning_handler handler;

}  // namespace

warning_handler set_warning_handler(warning_handler next) {
  std::lock_guard<std::mutex> const held(handler_lock);
  return std::exchange(handler, std::move(next));
}

namespace detail {

void warn(std::string const& text) noexcept {
  try {
    warning_handler call;
    {
      std::lock_guard<std::mutex> const held(handler_lock);
      call = handler;
    }
    if (call) return call(text);
  } catch (...) {  // then at least the line
  }
  try {
    std::string const line = "coir: " + text + "\n";
    (void)!::write(STDERR_FILENO, line.data(), line.size());
  } catch (std::bad_alloc const&) {
    (void)!::write(STDERR_FILENO, text.data(), text.size());
  }
}

}  // namespace detail
}  // namespace coir
