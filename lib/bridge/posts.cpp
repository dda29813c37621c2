// SPDX-License-Identifier: BSL-1.0
/// Posting, and the server that makes what was posted.

#include "bridge/posts.hpp"

#include <exception>
#include <mutex>
#include <utility>

#include <coir/cancel/suspend.hpp>
#include <coir/cancel/timed_scope.hpp>

#include "model/unhandled.hpp"

namespace coir::detail {
namespace {

using guard = std::lock_guard<spin_lock>;

/// Makes `call` as the running task, with the values that who posted it sees.
void make(posted_call& call) noexcept {
  task_core& self = current_task_or_thread();
  locals_ref const own = std::exchange(self.locals, call.locals);
  try {
    call.make();
  } catch (cancelled const&) {  // of the run, or of a task that it has asked for its result
  } catch (...) {
    report_unhandled(self, std::current_exception());
  }
  self.locals = own;
}

/// One by one: a long line destroyed at once would recurse.
template <class Do>
void for_each_call(std::unique_ptr<posted_call> first, Do each) noexcept {
  while (first != nullptr) {
    std::unique_ptr<posted_call> const call = std::move(first);
    first = std::move(call->next);
    each(*call);
  }
}

}  // namespace

post_line::~post_line() {
  for_each_call(take(), [](posted_call& call) { call.refuse(); });
}

void post_line::post(std::unique_ptr<posted_call> call) {
  task_core* woken = nullptr;
  {
    guard const held(lock_);
    if (!closed_) {
      posted_call* const added = call.get();
      (last_ == nullptr ? first_ : last_->next) = std::move(call);
      last_ = added;
      if (server_ != nullptr && claim(*server_, wake_reason::fulfilled)) woken = server_;
      server_ = nullptr;
    }
  }
  if (woken != nullptr) wake(*woken);
  if (call != nullptr)
    throw loop_closed("coir: the run of this loop_handle has ended; nothing was posted");
}

bool post_line::open() noexcept {
  guard const held(lock_);
  return !std::exchange(opened_, true);
}

void post_line::reopen() noexcept {
  guard const held(lock_);
  opened_ = false;
}

void post_line::served() noexcept {
  guard const held(lock_);
  served_ = true;
}

bool post_line::is_served() noexcept {
  guard const held(lock_);
  return served_;
}

std::unique_ptr<posted_call> post_line::take() noexcept {
  guard const held(lock_);
  last_ = nullptr;
  return std::move(first_);
}

void post_line::make_calls() noexcept { for_each_call(take(), make); }

void post_line::serve() {
  list_hook nowhere;  // the line has one server
  for (;;) {
    task_core& self = checkpoint();
    lock_.lock();
    if (first_ == nullptr) {
      server_ = &self;
      wake_reason const reason = suspend(self, lock_, nowhere, "loop_handle");
      if (reason != wake_reason::fulfilled) {
        guard const held(lock_);
        server_ = nullptr;
      }
      continue;
    }
    lock_.unlock();
    make_calls();
    // Calls that post calls without end starve nobody.
    yield_turn();
  }
}

void post_line::close() noexcept {
  {
    guard const held(lock_);
    closed_ = true;
  }
  for_each_call(take(), [](posted_call& call) {
    // A scope of its own, for the task may be at its end, where no cancel is delivered any more.
    timed_scope ending;
    cancel(ending.base(), cancel_reason(cancel_cause::shutdown));
    make(call);
  });
}

}  // namespace coir::detail
