// SPDX-License-Identifier: BSL-1.0
/// The running task, seen from inside.

#include <coir/task/this_task.hpp>

#include <mutex>

#include <coir/cancel/scope.hpp>

#include "cancel/first_look.hpp"

namespace coir::this_task {
namespace {

detail::scope& root_of(detail::task_core& self) {
  detail::scope* at = self.innermost;
  while (at->outer != nullptr) at = at->outer;
  return *at;
}

}  // namespace

void checkpoint() {
  detail::task_core& self = detail::current_task_or_thread();
  if (self.budget <= 1) [[unlikely]]
    detail::look_first();
  if (detail::deliverable(self)) detail::deliver(self);
}

unsigned cancelling() {
  detail::look_first();
  detail::task_core& self = detail::current_task_or_thread();
  std::lock_guard<detail::spin_lock> const held(self.lock);
  detail::scope& root = root_of(self);
  root.told = root.told || root.requests > 0;
  return root.requests;
}

unsigned uncancel() {
  detail::look_first();
  return detail::uncancel(root_of(detail::current_task_or_thread()));
}

std::stop_token get_stop_token() {
  detail::look_first();
  return detail::stop_token_of(*detail::current_task_or_thread().innermost);
}

std::string name() { return detail::name_of(detail::current_task_or_thread()); }

std::uint64_t id() { return detail::current_task_or_thread().id; }

}  // namespace coir::this_task
