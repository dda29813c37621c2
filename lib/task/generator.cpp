// SPDX-License-Identifier: BSL-1.0
/// From the driver's stack to the body's, and back.

#include <coir/task/generator.hpp>

#include <stdexcept>
#include <utility>

#include <coir/base/check.hpp>
#include <coir/cancel/scope.hpp>
#include <coir/cancel/timed_scope.hpp>

#include "context/overflow.hpp"
#include "context/shared_stacks.hpp"
#include "context/switch.hpp"
#include "model/stack_overflow.hpp"
#include "model/unhandled.hpp"
#include "wait/ready_queue.hpp"
#include "wait/seat.hpp"

namespace coir::detail {
namespace {

constexpr unsigned too_many_closings = 1000;

constexpr char const* elsewhere =
    "coir: a generator was asked for a value, or closed, by another thread than the one that has "
    "begun "
    "it; keep each generator on one thread";

/// Which thread this is, among those that live.
void const* this_thread_is() noexcept { return &this_thread; }

task_core& task_here() {
  if (this_thread.current != nullptr) return *this_thread.current;
  if (this_thread.driver != nullptr) return *this_thread.driver;
  return current_task_or_thread();
}

exception_state& exceptions_of(task_core const& self) noexcept {
  return self.kind == task_kind::fiber ? *self.home->exceptions : exceptions_of_this_thread();
}

/// While it lives, `self` runs on another stack than before. If it parks, whoever switches back to it
/// finds it there; and an overflow is known as its own.
class on_stack {
 public:
  on_stack(task_core& self, stack& other) noexcept
      : self_(self), before_(std::exchange(self.flow.on, &other)) {
    if (self.kind == task_kind::fiber) return;
    if (self.kind == task_kind::boost_fiber) seat_of(self).on = &other;
    if (is_plain_thread()) driver_before_ = std::exchange(this_thread.driver, &self);
  }
  ~on_stack() {
    self_.flow.on = before_;
    if (self_.kind == task_kind::fiber) return;
    if (self_.kind == task_kind::boost_fiber) seat_of(self_).on = before_;
    if (is_plain_thread()) this_thread.driver = driver_before_;
  }
  on_stack(on_stack const&) = delete;
  on_stack& operator=(on_stack const&) = delete;

 private:
  [[nodiscard]] bool is_plain_thread() const noexcept {
    return self_.kind == task_kind::thread && this_thread.current == nullptr;
  }

  task_core& self_;
  stack* const before_;
  task_core* driver_before_ = nullptr;
};

/// While it lives, the body's exceptions are this thread's, and no longer the driver's. The driver's in
/// flight count on: a cancel is delivered in the body exactly where it would be in a function that the
/// driver called (C6).
class exceptions_of_body {
 public:
  exceptions_of_body(exception_state& here, void*& caught, unsigned& uncaught) noexcept
      : here_(here),
        driver_caught_(here.caught),
        driver_uncaught_(here.uncaught),
        caught_(caught),
        uncaught_(uncaught) {
    // Nearly always there are none, and then nothing is written: a processor that has just stored them
    // would have to wait before it could load them.
    if (caught_ != driver_caught_) [[unlikely]]
      here_.caught = caught_;
    if (uncaught_ != 0) [[unlikely]]
      here_.uncaught = driver_uncaught_ + uncaught_;
  }
  ~exceptions_of_body() {
    void* const caught = here_.caught;
    unsigned const uncaught = here_.uncaught;
    caught_ = caught;
    uncaught_ = uncaught - driver_uncaught_;
    if (caught != driver_caught_) [[unlikely]]
      here_.caught = driver_caught_;
    if (uncaught != driver_uncaught_) [[unlikely]]
      here_.uncaught = driver_uncaught_;
  }
  exceptions_of_body(exceptions_of_body const&) = delete;
  exceptions_of_body& operator=(exceptions_of_body const&) = delete;

 private:
  exception_state& here_;
  void* const driver_caught_;
  unsigned const driver_uncaught_;
  void*& caught_;
  unsigned& uncaught_;
};

}  // namespace

// --- By the driver ---

bool generator_core::resume() {
  // Relaxed reads: only the thread that has begun the body lets it suspend.
  if (state_.load(std::memory_order_relaxed) != state::suspended ||
      thread_.load(std::memory_order_relaxed) != this_thread_is()) [[unlikely]] {
    if (!may_resume()) return false;
  }
  step(task_here());
  if (state_.load(std::memory_order_relaxed) == state::suspended) [[likely]]
    return true;
  finish();
  return false;
}

/// False if the body has ended. One that has not begun is ready to, and this thread's.
bool generator_core::may_resume() {
  state seen = state_.load(std::memory_order_acquire);
  if (seen == state::fresh &&
      state_.compare_exchange_strong(seen, state::running, std::memory_order_acquire)) {
    begin();
    return true;
  }
  if (seen == state::ended) return false;
  if (seen == state::running) refuse_running();
  misuse(elsewhere);
}

void generator_core::refuse_running() const {
  if (thread_.load(std::memory_order_relaxed) == this_thread_is() && driver_ == &task_here())
    misuse("coir: a generator's body asks its own generator for a value, or closes it");
  misuse(
      "coir: a generator was asked for a value, or closed, while its body runs as another task; "
      "let one "
      "task at a time drive it");
}

struct generator_core::entry {
  /// The body's life, on its stack.
  static void enter(boost::context::detail::transfer_t from) {
    auto& self = *static_cast<generator_core*>(from.data);
    self.resume_at_ = from.fctx;
    sanitizer::switch_note{}.after(*self.driver_on_);
    try {
      self.run_body();
    } catch (generator_closed const&) {
      if (self.errand_ != errand::close) self.error_ = std::current_exception();
    } catch (...) {
      self.error_ = std::current_exception();
    }
    self.state_.store(state::ended, std::memory_order_release);
    sanitizer::switch_note::before_rest(*self.driver_on_);
    boost::context::detail::jump_fcontext(self.resume_at_, nullptr);
    __builtin_unreachable();
  }
};

void generator_core::begin() {
  try {
    catch_overflows(&is_overflow);
    // Workers have one already, and theirs ends with their run.
    task_kind const kind = task_here().kind;
    if (kind != task_kind::fiber && kind != task_kind::boost_fiber) {
      static thread_local signal_stack const of_this_thread;
      (void)of_this_thread;
    }
    on_ = &take_shared_stack(stack_size_);
  } catch (...) {
    state_.store(state::fresh, std::memory_order_release);
    throw;
  }
  sanitizer::begin_stack(*on_);
  resume_at_ = boost::context::detail::make_fcontext(on_->high() - on_->stagger,
                                                     on_->size - on_->stagger, &entry::enter);
  thread_.store(this_thread_is(), std::memory_order_relaxed);
}

/// Runs the body to its next yield or its end, as `self`.
void generator_core::step(task_core& self) {
  state_.store(state::running, std::memory_order_relaxed);
  driver_ = &self;
  innermost_ = self.innermost;
  open_sets_ = self.open_sets;
  stack left;
  sanitizer::note_running(left);
  driver_on_ = &left;

  on_stack const as_driver(self, *on_);
  exceptions_of_body const own(exceptions_of(self), caught_, uncaught_);
  sanitizer::switch_note note;
  note.before(*on_);
  auto const back = jump(resume_at_, this);
  note.after();
  resume_at_ = back.fctx;
}

/// The body has ended: its stack is free, and what it threw is thrown on.
void generator_core::finish() {
  give_back_shared_stack(*std::exchange(on_, nullptr));
  driver_on_ = nullptr;
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

bool generator_core::resume_with(std::exception_ptr error) {
  if (error == nullptr) misuse("coir: generator::throw_in() was given no exception");
  state const seen = state_.load(std::memory_order_acquire);
  if (seen == state::fresh) end_unbegun();
  if (seen == state::fresh || seen == state::ended) std::rethrow_exception(std::move(error));
  if (seen == state::running) refuse_running();
  if (thread_.load(std::memory_order_relaxed) != this_thread_is()) misuse(elsewhere);
  error_ = std::move(error);
  errand_ = errand::fail;
  return resume();
}

void generator_core::close() {
  state const seen = state_.load(std::memory_order_acquire);
  if (seen == state::ended) return;
  if (seen == state::fresh) return end_unbegun();
  if (seen == state::running) refuse_running();
  if (thread_.load(std::memory_order_relaxed) != this_thread_is()) misuse(elsewhere);
  errand_ = errand::close;
  resume();
}

void generator_core::end_unbegun() {
  state seen = state::fresh;
  if (!state_.compare_exchange_strong(seen, state::ended, std::memory_order_acq_rel))
    refuse_running();
  drop_body();
}

void generator_core::drop() noexcept {
  state const seen = state_.load(std::memory_order_acquire);
  if (seen == state::running)
    die("a generator was destroyed while its body runs; destroy it after next() has returned");
  if (seen == state::suspended) {
    timed_scope const undisturbed(never, /*shielded=*/true);
    std::exception_ptr error;
    try {
      close();
    } catch (cancelled const&) {  // that of a task which the body has joined: no failure
    } catch (...) {
      error = std::current_exception();
    }
    if (error != nullptr) report_unhandled(task_here(), std::move(error));
  }
  // Left behind as it stands: its thread may run it no more, and no other may.
  if (state_.load(std::memory_order_relaxed) == state::suspended) return;
  delete this;
}

void generator_core::check_begun() const {
  if (state_.load(std::memory_order_acquire) == state::fresh)
    misuse(
        "coir: generator::send() before the first next(): the body stands in no yield() that could "
        "return the value");
}

void generator_core::check_fresh() const {
  if (state_.load(std::memory_order_acquire) == state::suspended)
    misuse(
        "coir: generator::next(), but the body's yield() is to return a value, which has no "
        "default; "
        "use send()");
}

// --- By the body ---

void generator_core::yield() {
  task_core& self = task_here();
  if (on_ == nullptr || self.flow.on != on_) [[unlikely]]
    misuse(
        "coir: a generator's yield() was called by other code than its own body: by another task, "
        "or "
        "by the body of another generator");
  if (errand_ == errand::close) [[unlikely]]
    run_errand();
  if (self.innermost != innermost_ || self.open_sets != open_sets_) [[unlikely]]
    misuse(
        "coir: a generator's yield() inside of a timeout, cancel_scope, shield, task_group or "
        "scoped_set that its body has opened: it would be around code of others; close it first");

  state_.store(state::suspended, std::memory_order_relaxed);
  sanitizer::switch_note note;
  note.before(*driver_on_);
  auto const back = jump(resume_at_, nullptr);
  resume_at_ = back.fctx;
  note.after(*driver_on_);
  if (errand_ != errand::go_on) [[unlikely]]
    run_errand();
}

/// Throws what the body was resumed with.
void generator_core::run_errand() {
  if (errand_ == errand::fail) {
    errand_ = errand::go_on;
    std::rethrow_exception(std::exchange(error_, nullptr));
  }
  if (++closings_ > too_many_closings)
    die("a generator's body goes on after 1000 yields that threw generator_closed; let it pass");
  throw generator_closed();
}

}  // namespace coir::detail
