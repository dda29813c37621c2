// SPDX-License-Identifier: BSL-1.0
/// The handler, and who reads what it has written.

#include "model/interruption.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <mutex>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <coir/sys/descriptor.hpp>

#include "model/service_thread.hpp"
#include "sys/time_left.hpp"
#include "wait/inbox.hpp"

namespace coir::detail {
namespace {

constexpr std::chrono::milliseconds time_per_look{1};

// What the eventfd counts: signals, and above them requests to the listener to end.
constexpr std::uint64_t one_stop = std::uint64_t{1} << 32;

// The process's, made for its first run that handles SIGINT, and kept for good: a handler may still be at it
// on some thread when the run is over.
constinit std::atomic<int> bell_fd{-1};
constinit std::atomic<std::size_t> listening{0};
constinit std::atomic<pid_t> bell_owner{0};  // a copy of the process is to leave it alone

void on_sigint(int) {
  int const saved = errno;
  if (::getpid() == bell_owner.load(std::memory_order_relaxed)) {
    ring_bell(bell_fd.load(std::memory_order_relaxed));
  } else {
    // In a child that was forked during the run, which nobody handles: the system's own answer is back in
    // place, and comes as soon as this returns.
    ::raise(SIGINT);
  }
  errno = saved;
}

void prepare_bell() {
  pid_t const here = ::getpid();
  if (bell_owner.load(std::memory_order_relaxed) == here) return;
  int const fresh = checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "coir: eventfd");
  descriptor const of_parent(bell_fd.exchange(fresh, std::memory_order_relaxed));
  bell_owner.store(here, std::memory_order_relaxed);
}

bool would_end_the_program(struct sigaction const& action) noexcept {
  return action.sa_handler == SIG_DFL ||
         (action.sa_handler == &on_sigint && bell_owner.load() != ::getpid());
}

/// Sleeps until the bell is rung or `until` has come.
void wait_for_bell(time_point until) noexcept {
  pollfd bell{bell_fd.load(std::memory_order_relaxed), POLLIN, 0};
  timespec span{};
  if (until != never) {
    auto const left = time_left(until);
    if (left == left.zero()) return;
    span = to_timespec(left);
  }
  ::ppoll(&bell, 1, until == never ? nullptr : &span, nullptr);
}

/// Takes what the bell has counted.
std::uint64_t take_rings() noexcept {
  std::uint64_t rings = 0;
  return ::read(bell_fd.load(std::memory_order_relaxed), &rings, sizeof rings) == sizeof rings
             ? rings
             : 0;
}

bool has_signal(std::uint64_t rings) noexcept { return rings % one_stop != 0; }

}  // namespace

void interruption::begin(task_record& main) {
  struct sigaction action {};
  ::sigaction(SIGINT, nullptr, &action);
  if (::gettid() != ::getpid() || !would_end_the_program(action)) return;
  prepare_bell();
  main_ = &main;
  action = {};
  action.sa_handler = &on_sigint;
  // The signal's frame is large for a fiber's stack that is nearly full; and a call of the user's goes
  // on after it.
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART | SA_ONSTACK;
  on_ = ::sigaction(SIGINT, &action, nullptr) == 0;
}

bool interruption::end() noexcept {
  if (!on_) return came_;
  on_ = false;
  struct sigaction action {};
  ::sigaction(SIGINT, nullptr, &action);
  if (action.sa_handler == &on_sigint) {
    action = {};
    action.sa_handler = SIG_DFL;
    ::sigaction(SIGINT, &action, nullptr);
  }
  if (listening_) {
    (void)!::write(bell(), &one_stop, sizeof one_stop);
    ::pthread_join(listener_, nullptr);
    listening.store(0, std::memory_order_relaxed);
  }
  if (has_signal(take_rings())) came_ = true;
  return came_;
}

std::size_t interruption::listeners() noexcept { return listening.load(std::memory_order_relaxed); }

int interruption::bell() const noexcept { return bell_fd.load(std::memory_order_relaxed); }

void interruption::look() noexcept {
  if (has_signal(take_rings())) note();
}

void interruption::look_now_and_then(time_point now) noexcept {
  if (listening_ || came_ || now - last_look_ < time_per_look) return;
  last_look_ = now;
  look();
}

void interruption::note() noexcept {
  came_ = true;
  if (main_->ended.load(std::memory_order_acquire)) return;
  requested_ = true;
  cancel(main_->root, cancel_reason(cancel_cause::interrupted));
  reach_calls();
}

interruption::call::call(interruption& in, task_record& task) noexcept
    : in_(in), task_((task.add_ref(), &task)), outer_(in.last_) {
  {
    std::lock_guard<spin_lock> const held(in.lock_);
    (outer_ != nullptr ? outer_->inner_ : in.first_) = this;
    in.last_ = this;
    told_ = outer_ == nullptr || (in.reaches_calls_ && outer_->task_->interrupted);
  }
  if (told_ && outer_ != nullptr) cancel(task.root, cancel_reason(cancel_cause::interrupted));
}

interruption::call::~call() {
  std::lock_guard<spin_lock> const held(in_.lock_);
  (outer_ != nullptr ? outer_->inner_ : in_.first_) = nullptr;
  in_.last_ = outer_;
}

void interruption::reach_calls() noexcept {
  for (;;) {
    record_ref<task_record> next;
    {
      std::lock_guard<spin_lock> const held(lock_);
      reaches_calls_ = true;
      call* at = first_;
      while (at != nullptr && at->told_) at = at->inner_;
      if (at == nullptr || !at->outer_->task_->interrupted) return;
      at->told_ = true;
      at->task_->add_ref();
      next = record_ref<task_record>(at->task_.get());
    }
    // Not under the lock: code of the user's may hear of it, from a stop_token.
    cancel(next->root, cancel_reason(cancel_cause::interrupted));
  }
}

void interruption::look_elsewhere() noexcept {
  if (!on_ || listening_) return;
  try {
    listener_ = begin_service_thread(&listen, this);
    listening_ = true;
    listening.store(1, std::memory_order_relaxed);
  } catch (...) {
    end();
  }
}

void* interruption::listen(void* self) noexcept {
  for (;;) {
    wait_for_bell(never);
    std::uint64_t const rings = take_rings();
    if (has_signal(rings)) static_cast<interruption*>(self)->note();
    if (rings >= one_stop) return nullptr;
  }
}

bool interruption::sleep(time_point until) noexcept {
  if (!single_threaded()) {
    look_elsewhere();
    return false;
  }
  wait_for_bell(until);
  look();
  return true;
}

bool interruption::is_unanswered() const noexcept {
  std::lock_guard<spin_lock> const held(main_->lock);
  scope const& root = main_->root;
  unsigned const others = root.requests - (requested_ && root.requests > 0 ? 1 : 0);
  switch (main_->how) {
    case outcome::cancelled: return others == 0 && !root.inherited;
    case outcome::finished: return !root.told;
    default: return false;
  }
}

}  // namespace coir::detail
