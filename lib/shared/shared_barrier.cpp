// SPDX-License-Identifier: BSL-1.0
/// A barrier in shared memory.

#include <coir/shared/shared_barrier.hpp>

#include <stdexcept>

#include "shared/sync_body.hpp"
#include "shared/travel.hpp"

namespace coir {
namespace detail {

class barrier_body final : public sync_body {
 public:
  explicit barrier_body(std::size_t parties_) : parties(parties_) {}
  barrier_body(descriptor file, std::uint64_t parties_)
      : sync_body(std::move(file)), parties(static_cast<std::size_t>(parties_)) {}
  ~barrier_body() override { leave(); }

  std::optional<std::size_t> wait_until(time_point deadline) {
    task_core& running = checkpoint();
    enter();
    own_place own(*this);
    {
      guard held(*this);
      if (state().broken.load(std::memory_order_relaxed))
        throw broken_barrier(
            "coir: barrier::wait() after abort(); reset() makes the barrier usable");
      if (count(place_word::queued) + 1 == parties) {
        number_parties();
        pass_all(held.woken);
        return parties - 1;
      }
      queue(running, *own);
    }
    switch (wait_in(running, *own, "barrier::wait", deadline)) {
      case outcome::granted:
        return static_cast<std::size_t>(own->number.load(std::memory_order_relaxed));
      case outcome::timed_out: return std::nullopt;
      case outcome::refused: break;
    }
    throw broken_barrier("coir: the barrier was broken by abort() or reset() during wait()");
  }

  void break_up(bool for_good) {
    enter();
    guard held(*this);
    state().broken.store(true, std::memory_order_release);
    settle(held.woken);
    state().broken.store(for_good, std::memory_order_release);
  }

  std::size_t waiting() {
    enter();
    guard held(*this);
    return count(place_word::queued);
  }
  bool is_broken() {
    enter();
    return state().broken.load(std::memory_order_acquire);
  }

  std::size_t const parties;

 private:
  /// Each gets the number of those who came before. Nobody sees it before he is let through.
  void number_parties() noexcept {
    for_each_place([this](place& each) {
      if (each.state() != place_word::queued) return;
      std::uint64_t before = 0;
      for_each_place([&](place const& other) {
        if (other.state() == place_word::queued &&
            other.turn.load(std::memory_order_relaxed) < each.turn.load(std::memory_order_relaxed))
          ++before;
      });
      each.number.store(before, std::memory_order_relaxed);
    });
  }
  void settle(chosen& woken) noexcept override {
    if (state().broken.load(std::memory_order_relaxed)) refuse_all(woken);
  }
  void forget(place&) noexcept override {}
};

}  // namespace detail

shared<barrier>::shared(std::size_t parties) {
  if (parties == 0) throw std::invalid_argument("coir: barrier(0): a round needs a party");
  body_ = std::make_shared<detail::barrier_body>(parties);
}

std::optional<std::size_t> shared<barrier>::wait_until(time_point deadline) const {
  return body_->wait_until(deadline);
}
void shared<barrier>::abort() const { body_->break_up(true); }
void shared<barrier>::reset() const { body_->break_up(false); }
std::size_t shared<barrier>::parties() const noexcept { return body_->parties; }
std::size_t shared<barrier>::waiting() const { return body_->waiting(); }
bool shared<barrier>::is_broken() const { return body_->is_broken(); }

void save(output_archive& out, shared<barrier> const& value) {
  std::uint64_t const parties = value.parties();
  out.write(&parties, sizeof parties);
  detail::pack(out, value.body_);
}
shared<barrier> load(input_archive& in, std::type_identity<shared<barrier>>) {
  std::uint64_t parties = 0;
  in.read(&parties, sizeof parties);
  return shared<barrier>(detail::unpack<detail::barrier_body>(in, parties));
}

}  // namespace coir
