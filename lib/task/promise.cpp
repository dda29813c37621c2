// SPDX-License-Identifier: BSL-1.0
/// Settling a promise: claim, keep, tell.

#include <coir/task/promise.hpp>

#include <memory>
#include <stdexcept>

#include <coir/base/check.hpp>

#include "model/callbacks.hpp"
#include "model/runtime.hpp"

namespace coir::detail {
namespace {

void settle_as(task_record& promised, outcome how, std::exception_ptr error) noexcept {
  promised.error = std::move(error);
  promised.how = how;
  finish_settling(promised);
}

}  // namespace

void open_promise(task_record& fresh, std::string name) {
  fresh.id = next_task_id();
  if (!name.empty()) set_name(fresh, std::move(name));
  fresh.word.store(word::parked, std::memory_order_relaxed);
}

bool begin_settling(task_record& promised) noexcept {
  return claim(promised, wake_reason::fulfilled);
}

void settle_with_current_exception(task_record& promised) noexcept {
  promised.error = std::current_exception();
  try {
    throw;
  } catch (cancelled const&) {
    promised.how = outcome::cancelled;
  } catch (...) {
    promised.how = outcome::failed;
  }
}

void finish_settling(task_record& promised) noexcept {
  promised.word.store(word::running, std::memory_order_release);  // has_result() from now on
  wake_chain woken;
  run_callbacks(promised, [&] { mark_ended(promised, woken); });
  woken.wake_all();
}

bool cancel_promise(task_record& promised, cancel_reason reason) noexcept {
  if (!claim(promised, wake_reason::cancelled)) return false;
  settle_as(promised, outcome::cancelled, std::make_exception_ptr(cancelled(std::move(reason))));
  return true;
}

void break_promise(task_record& promised) noexcept {
  if (!begin_settling(promised)) return;
  promised.retrieved.store(true, std::memory_order_relaxed);
  settle_as(promised, outcome::failed,
            std::make_exception_ptr(broken_promise("coir: " + name_of(promised) +
                                                   " was destroyed before it was settled")));
}

void settled_before(task_record& promised) {
  bool const by_cancel = has_result(promised) && promised.how == outcome::cancelled;
  throw std::logic_error("coir: " + name_of(promised) +
                         (by_cancel
                              ? " was cancelled before it was settled; use try_set_value() or "
                                "try_set_exception() where that may happen"
                              : " was settled a second time; its first result stays"));
}

void no_promise() { misuse("coir: this promise was moved from"); }

void require_exception(std::exception_ptr const& error) {
  if (error == nullptr)
    throw std::invalid_argument("coir: a promise cannot be settled with a null exception_ptr");
}

}  // namespace coir::detail
