// SPDX-License-Identifier: BSL-1.0
/// Permits in shared memory.

#include <coir/shared/shared_semaphore.hpp>

#include <stdexcept>
#include <string>

#include <coir/base/check.hpp>

#include "shared/sync_body.hpp"
#include "shared/travel.hpp"

namespace coir {
namespace detail {

class semaphore_body final : public sync_body {
 public:
  semaphore_body(std::size_t free, std::size_t most) : most_(most) { state().value.store(free); }
  semaphore_body(descriptor file, std::uint64_t most)
      : sync_body(std::move(file)), most_(static_cast<std::size_t>(most)) {}
  ~semaphore_body() override { leave(); }

  bool acquire(time_point deadline) {
    task_core& running = checkpoint();
    enter();
    own_place own(*this);
    {
      guard held(*this);
      settle(held.woken);
      if (value() > 0) {
        take(*own, value() - 1);
        return true;
      }
      queue(running, *own);
    }
    return wait_in(running, *own, "semaphore::acquire", deadline) == outcome::granted;
  }

  bool try_acquire() {
    enter();
    own_place own(*this);
    guard held(*this);
    settle(held.woken);
    if (value() == 0) return false;
    take(*own, value() - 1);
    return true;
  }

  void release(std::size_t count) {
    enter();
    guard held(*this);
    if (count > most_ - value())
      misuse("coir: semaphore::release() of a permit that nobody had taken");
    state().value.store(value() + count, std::memory_order_release);
    settle(held.woken);
  }

  std::size_t available() {
    enter();
    guard held(*this);
    return static_cast<std::size_t>(value());
  }

  [[nodiscard]] std::size_t most() const noexcept { return most_; }

 private:
  void settle(chosen& woken) noexcept override {
    while (value() > 0) {
      place* const first = oldest(place_word::queued);
      if (first == nullptr) return;
      grant(*first, value() - 1, woken);
    }
  }
  void forget(place& of) noexcept override { give(of, value() + 1); }

  std::size_t const most_;
};

}  // namespace detail

shared<semaphore>::shared(std::size_t free, std::size_t most) {
  if (free > most)
    throw std::invalid_argument("coir: semaphore(free, most) needs free <= most, not " +
                                std::to_string(free) + " and " + std::to_string(most));
  body_ = std::make_shared<detail::semaphore_body>(free, most);
}

bool shared<semaphore>::try_acquire() const { return body_->try_acquire(); }
bool shared<semaphore>::try_acquire_until(time_point deadline) const {
  return body_->acquire(deadline);
}
void shared<semaphore>::release(std::size_t count) const { body_->release(count); }
std::size_t shared<semaphore>::available() const { return body_->available(); }

void save(output_archive& out, shared<semaphore> const& value) {
  std::uint64_t const most = value.body_->most();
  out.write(&most, sizeof most);
  detail::pack(out, value.body_);
}
shared<semaphore> load(input_archive& in, std::type_identity<shared<semaphore>>) {
  std::uint64_t most = 0;
  in.read(&most, sizeof most);
  return shared<semaphore>(detail::unpack<detail::semaphore_body>(in, most));
}

}  // namespace coir
