// SPDX-License-Identifier: BSL-1.0
/// The hub's thread.

#include "model/process_hub.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <climits>
#include <mutex>

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "model/service_thread.hpp"
#include "sys/time_left.hpp"

namespace coir::detail {
namespace {

std::mutex beginning;                    // guards the making of the hub
std::atomic<process_hub*> hub{nullptr};  // kept for good: its thread never ends

thread_local process_hub* served_here = nullptr;

/// A copy of the process that fork() has made has no such thread.
void forget_hub() noexcept { hub.store(nullptr, std::memory_order_relaxed); }

}  // namespace

process_hub& process_hub::here() {
  if (process_hub* const made = hub.load(std::memory_order_acquire)) return *made;
  std::lock_guard<std::mutex> const held(beginning);
  if (process_hub* const made = hub.load(std::memory_order_relaxed)) return *made;
  static bool const registered =
      ::pthread_atfork([] { beginning.lock(); }, [] { beginning.unlock(); },
                       [] {
                         forget_hub();
                         beginning.unlock();
                       }) == 0;
  (void)registered;
  auto* const fresh = new process_hub;
  hub.store(fresh, std::memory_order_release);
  return *fresh;
}

process_hub& process_hub::for_caller() {
  process_hub* const busy = served_here;
  if (busy == nullptr) return here();
  if (busy->deputy_ == nullptr) busy->deputy_ = new process_hub;
  return *busy->deputy_;
}

process_hub::process_hub()
    : bell_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "coir: eventfd")),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "coir: epoll_create1")) {
  inbox_.wake_fd = bell_.get();
  epoll_event interest{};
  interest.events = EPOLLIN | EPOLLET;  // each ring ends one sleep, and need not be read
  interest.data.ptr = nullptr;
  checked(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, bell_.get(), &interest), "coir: epoll_ctl");

  ::pthread_detach(begin_service_thread(
      [](void* self) -> void* { static_cast<process_hub*>(self)->serve(); }, this));
}

void process_hub::attend(int socket, listener& who) {
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.ptr = &who;
  checked(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &interest), "coir: epoll_ctl");
}

void process_hub::ignore(int socket) noexcept {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
}

/// Messages first: a task whose end has come needs no cancel any more.
void process_hub::serve() noexcept {
  served_here = this;
  for (;;) {
    time_point const until = timers.earliest();
    int timeout = -1;
    if (until != never) {
      auto const left = std::chrono::ceil<std::chrono::milliseconds>(time_left(until));
      timeout = static_cast<int>(std::min<long long>(left.count(), INT_MAX));
    }
    if (!inbox_.fall_asleep()) timeout = 0;
    std::array<epoll_event, 64> events;
    int const count = ::epoll_wait(epoll_.get(), events.data(), events.size(), timeout);
    for (int i = 0; i < count; ++i) {
      void* const who = events[static_cast<std::size_t>(i)].data.ptr;
      if (who != nullptr) static_cast<listener*>(who)->hear();
    }
    look_into_inbox();
    timers.fire_due(std::chrono::steady_clock::now());
  }
}

void process_hub::look_into_inbox() noexcept {
  for (task_core* at = inbox_.take(); at != nullptr;) {
    task_core* const after = at->next;
    hub_client::of(*at).look();
    at = after;
  }
}

}  // namespace coir::detail
