// SPDX-License-Identifier: BSL-1.0
/// Rounds and the switch.

#include "wait/ready_queue.hpp"

#include <algorithm>
#include <utility>

namespace coir::detail {

constinit thread_local thread_state this_thread __attribute__((tls_model("initial-exec")));

COIR_COLD void ready_queue::grow() {
  std::size_t const more = std::max<std::size_t>(64, room() * 2);
  auto grown = std::make_unique<task_core*[]>(more);
  for (std::size_t at = head_; at != tail_; ++at) grown[at & (more - 1)] = ring_[at & mask_];
  ring_ = std::move(grown);
  mask_ = more - 1;
}

// --- The switch ---

/// The next task that has begun, or now does; null when it is the loop's turn.
task_core* ready_queue::pick_begun() noexcept {
  task_core* next = pick();
  while (next != nullptr && next->flow.resume_at == nullptr && !begin(*this, *next)) next = pick();
  return next;
}

COIR_COLD execution* ready_queue::leave_here(execution& from, execution& to) noexcept {
  switch_to(from, to, *exceptions);
  return nullptr;
}

void ready_queue::run_ready(time_point now) noexcept {
  rounds_left_ = rounds_per_look;
  last_look_ = last_clock_ = now;
  next_clock_ = head_ + stride_;
  if (head_ == round_end_) {  // else the clock had interrupted a round, which now goes on
    round_end_ = tail_;
    if (seeded_) shuffle_round();
  }
  set_stop();
  if (task_core* const next = pick_begun()) {
    this_thread.current = next;
    switch_to(root, next->flow, *exceptions);
  }
}

// --- Rounds (S2) ---

/// A round with a seed: each order is as likely as any other, and each length. Who is left out stays
/// ready for the next one, so nobody has to wait for ever, but one task may have several turns while
/// another has none. The round after it begins in the loop again.
COIR_COLD void ready_queue::shuffle_round() noexcept {
  rounds_left_ = 1;
  std::size_t const ready = tail_ - head_;
  if (ready < 2) return;
  for (std::size_t left = ready; left > 1; --left)
    std::swap(ring_[(head_ + left - 1) & mask_], ring_[(head_ + random_.below(left)) & mask_]);
  round_end_ = head_ + 1 + random_.below(ready);
}

/// Half of the time none at all: else nothing would ever happen at the same time.
std::chrono::nanoseconds ready_queue::draw_time(std::chrono::nanoseconds longest) noexcept {
  if (!seeded_ || longest.count() <= 0 || random_.below(2) == 0) return {};
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(random_.next() % static_cast<std::uint64_t>(longest.count())));
}

/// Whether 100 µs have gone by since the loop last looked around. Reading the clock costs several
/// switches, so it is read every `stride_` of them, fewer the longer the tasks' turns are.
bool ready_queue::read_clock() noexcept {
  time_point const read = std::chrono::steady_clock::now();
  auto const since = read - last_clock_;
  last_clock_ = read;
  if (since < time_per_look / 4) {
    stride_ = std::min<std::size_t>(stride_ * 2, 64);
  } else if (since > time_per_look / 2) {
    stride_ = std::max<std::size_t>(stride_ / 8, 1);
  }
  bool const time_to_look = read - last_look_ >= time_per_look;
  next_clock_ = time_to_look ? head_ : head_ + stride_;
  return time_to_look;
}

// --- The inbox ---

bool ready_queue::take_inbox() noexcept {
  if (!outside_.any()) return false;
  task_core* oldest = outside_.take();
  if (oldest == nullptr) return false;
  for (; oldest != nullptr; oldest = oldest->next) push(*oldest);
  return true;
}

}  // namespace coir::detail
