// SPDX-License-Identifier: BSL-1.0
/// The unhandled-exception handler, and the default one.

#include "model/unhandled.hpp"

#include <memory>
#include <mutex>
#include <utility>

#include <unistd.h>

#include <coir/cancel/timed_scope.hpp>
#include <coir/model/task_record.hpp>

#include "base/exception_text.hpp"

namespace coir {
namespace {

// Process-wide, as std::set_terminate: a failed task's last handle may be dropped outside of any run.
std::mutex handler_lock;
std::shared_ptr<unhandled_exception_handler const> handler;  // null: print

void print(std::string const& task, std::exception_ptr const& error) {
  std::string const line =
      "coir: unhandled exception in task " + task + ": " + detail::text_of(error) + "\n";
  (void)!::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

unhandled_exception_handler set_unhandled_exception_handler(unhandled_exception_handler next) {
  std::shared_ptr<unhandled_exception_handler const> other;
  if (next) other = std::make_shared<unhandled_exception_handler const>(std::move(next));
  {
    std::lock_guard<std::mutex> const held(handler_lock);
    handler.swap(other);
  }
  return other ? *other : nullptr;
}

namespace detail {

void report_unhandled(task_core& task, std::exception_ptr error) noexcept {
  // Whoever drops a task last may be cancelled, and the handler may wait all the same.
  timed_scope const undisturbed(never, /*shielded=*/true);
  std::string const name = name_of(task);
  std::shared_ptr<unhandled_exception_handler const> call;
  {
    std::lock_guard<std::mutex> const held(handler_lock);
    call = handler;
  }
  if (call) {
    try {
      (*call)(name, error);
      return;
    } catch (...) {
      print("(the unhandled-exception handler)", std::current_exception());
    }
  }
  print(name, error);
}

}  // namespace detail
}  // namespace coir
