// SPDX-License-Identifier: BSL-1.0
/// The bell, and a descriptor for each life.

#include "shared/neighbours.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <vector>

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "model/process_hub.hpp"
#include "shared/segment.hpp"

namespace coir::detail {
namespace {

/// The name of a bell, as the kernel takes it: in no file system, and gone with its socket.
struct bell_address {
  explicit bell_address(std::uint64_t bell) noexcept {
    at.sun_family = AF_UNIX;
    int const length = std::snprintf(at.sun_path + 1, sizeof at.sun_path - 1, "coir-bell-%016llx",
                                     static_cast<unsigned long long>(bell));
    size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 +
                                  static_cast<std::size_t>(length));
  }
  [[nodiscard]] sockaddr const* get() const noexcept {
    return reinterpret_cast<sockaddr const*>(&at);
  }
  sockaddr_un at{};
  socklen_t size;
};

std::mutex gate;  // guards the town

}  // namespace

std::atomic<unsigned> neighbours::generation{1};

struct neighbours::town final : listener {
  town() : epoll(checked(::epoll_create1(EPOLL_CLOEXEC), "coir: epoll_create1")) {}
  ~town() = default;

  void hear() noexcept override;
  void hang_up_bell();
  void look_at(segment& in);
  [[nodiscard]] bool watch(segment& in, std::uint32_t who, process_identity process);
  void bury(process_identity dead) noexcept;

  process_identity self = 0;
  std::uint64_t bell_name = 0;
  descriptor const epoll;
  std::atomic<int> bell{-1};  // others ring with it
  std::unordered_map<process_identity, descriptor> lives;
  std::vector<segment*> segments;
};

namespace {

std::atomic<void*> made{
    nullptr};  // kept until the process is a copy: the hub may always hear for it

}  // namespace

void neighbours::prepare() {
  static bool const registered =
      ::pthread_atfork([] { gate.lock(); }, [] { gate.unlock(); },
                       [] {
                         generation.fetch_add(1, std::memory_order_relaxed);
                         if (auto* const old = static_cast<town*>(made.exchange(nullptr))) {
                           descriptor const bell(old->bell.load());  // closed
                           delete old;
                         }
                         gate.unlock();
                       }) == 0;
  (void)registered;
}

/// With the gate locked.
neighbours::town& neighbours::here() {
  if (auto* const there = static_cast<town*>(made.load(std::memory_order_relaxed))) return *there;
  auto fresh = std::make_unique<town>();
  fresh->self = own_identity();
  process_hub::here().attend(fresh->epoll.get(), *fresh);
  made.store(fresh.get(), std::memory_order_release);
  return *fresh.release();
}

void neighbours::town::hang_up_bell() {
  if (bell.load(std::memory_order_relaxed) >= 0) return;
  descriptor socket(
      checked(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "coir: socket"));
  do {
    checked(static_cast<int>(::getrandom(&bell_name, sizeof bell_name, 0)), "coir: getrandom");
  } while (bell_name == 0);
  bell_address const address(bell_name);
  checked(::bind(socket.get(), address.get(), address.size), "coir: bind");
  epoll_event interest{};
  interest.events = EPOLLIN;
  checked(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, socket.get(), &interest), "coir: epoll_ctl");
  bell.store(socket.release(), std::memory_order_release);
}

void neighbours::ring(std::uint64_t bell) noexcept {
  auto const* const there = static_cast<town*>(made.load(std::memory_order_acquire));
  if (there == nullptr || bell == 0) return;
  int const saved = errno;  // a full socket has others in it that are yet to be heard
  bell_address const address(bell);
  ::sendto(there->bell.load(std::memory_order_acquire), "", 1, MSG_DONTWAIT | MSG_NOSIGNAL,
           address.get(), address.size);
  errno = saved;
}

void neighbours::join(segment& in) {
  process_hub::here();  // its own gate comes first
  std::lock_guard<std::mutex> const held(gate);
  unsigned const now = generation.load(std::memory_order_relaxed);
  if (in.generation_.load(std::memory_order_relaxed) == now) return;
  town& there = here();
  there.hang_up_bell();
  there.segments.push_back(&in);
  std::uint32_t who = 1;
  for (; who <= segment_head::most_participants; ++who) {
    process_identity nobody = 0;
    if (in.of(who).who.compare_exchange_strong(nobody, there.self)) break;
  }
  if (who > segment_head::most_participants) {
    there.segments.pop_back();
    throw std::runtime_error("coir: more than " + std::to_string(segment_head::most_participants) +
                             " processes at once share a queue or a primitive");
  }
  in.begin_anew(who);
  // Visible before the look at the others: of two that come at once, one sees the other.
  in.of(who).bell.store(there.bell_name, std::memory_order_seq_cst);
  in.common().newcomers.fetch_add(1, std::memory_order_seq_cst);
  try {
    there.look_at(in);
  } catch (...) {
    in.of(who).bell.store(0);
    in.of(who).who.store(0);
    there.segments.pop_back();
    throw;
  }
  // Whether or not they count as rung: one who has died before he did ring would be waited for in vain.
  // From now on all others watch this process, and see to what it leaves.
  for (std::uint32_t other = 1; other <= segment_head::most_participants; ++other)
    if (other != who) ring(in.of(other).bell.load(std::memory_order_seq_cst));
  in.generation_.store(now, std::memory_order_release);
}

void neighbours::leave(segment& in) noexcept {
  std::lock_guard<std::mutex> const held(gate);
  if (in.generation_.load(std::memory_order_relaxed) != generation.load(std::memory_order_relaxed))
    return;
  auto& there = *static_cast<town*>(made.load(std::memory_order_relaxed));
  in.strike_out(in.self_);
  std::erase(there.segments, &in);
  if (!there.segments.empty()) return;
  there.lives.clear();
  descriptor const bell(there.bell.exchange(-1));
}

/// Watches whoever has come.
void neighbours::town::look_at(segment& in) {
  std::uint32_t const newcomers = in.common().newcomers.load(std::memory_order_seq_cst);
  if (newcomers == in.newcomers_seen_) return;
  bool all_watched = true;
  for (std::uint32_t who = 1; who <= segment_head::most_participants; ++who) {
    process_identity const process = in.of(who).who.load(std::memory_order_seq_cst);
    if (process != 0 && process != self && !watch(in, who, process)) all_watched = false;
  }
  if (all_watched) in.newcomers_seen_ = newcomers;
  // One of them may have come, ended one of our waits, and died before it woke who waits, all since.
  in.rouse_own();
}

/// False: there is no descriptor left. Until there is, its end is noticed by who waits for its lock.
bool neighbours::town::watch(segment& in, std::uint32_t who, process_identity process) {
  if (lives.count(process) != 0) return true;
  bool gone = false;
  descriptor life = watch_process(process, gone);
  if (gone) {
    in.bury(who, process);
    return true;
  }
  if (!life) return false;
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.u64 = process;
  checked(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, life.get(), &interest), "coir: epoll_ctl");
  lives.emplace(process, std::move(life));
  return true;
}

void neighbours::town::bury(process_identity dead) noexcept {
  lives.erase(dead);
  for (segment* const each : segments) {
    for (std::uint32_t who = 1; who <= segment_head::most_participants; ++who)
      if (each->is_still(who, dead)) each->bury(who, dead);
    each->rouse_own();
  }
}

void neighbours::town::hear() noexcept {
  std::lock_guard<std::mutex> const held(gate);
  std::array<epoll_event, 64> events;
  int const count = ::epoll_wait(epoll.get(), events.data(), events.size(), 0);
  for (int i = 0; i < count; ++i) {
    process_identity const which = events[static_cast<std::size_t>(i)].data.u64;
    if (which != 0) {
      bury(which);
      continue;
    }
    std::array<char, 8> ring;
    while (::recv(bell.load(std::memory_order_relaxed), ring.data(), ring.size(), MSG_DONTWAIT) >
           0) {
    }
  }
  for (segment* const each : segments) {
    try {
      // Whatever was done before somebody saw it set is seen from here on.
      each->of(each->self_).rung.exchange(0, std::memory_order_acq_rel);
      look_at(*each);
    } catch (...) {  // no memory, no descriptor: the next ring finds them
    }
    each->wake_own();
  }
}

}  // namespace coir::detail
