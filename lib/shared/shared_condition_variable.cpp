// SPDX-License-Identifier: BSL-1.0
/// Unlock, wait, lock again, between processes.

#include <coir/shared/shared_condition_variable.hpp>

#include <coir/base/check.hpp>

#include "shared/mutex_body.hpp"
#include "shared/travel.hpp"

namespace coir {
namespace detail {

/// Its value is how many notifications came back from the dead.
class condition_body final : public sync_body {
 public:
  using sync_body::sync_body;
  ~condition_body() override { leave(); }

  bool wait_until(std::unique_lock<shared<mutex>>& lock, mutex_body& guarding,
                  time_point deadline) {
    task_core& running = checkpoint();
    if (!lock.owns_lock() || !guarding.held_by_caller())
      misuse("coir: condition_variable::wait() needs its mutex locked by the caller");
    enter();
    own_place own(*this);
    {
      // Waiting begins before the mutex is released: no notification falls in between.
      guard held(*this);
      queue(running, *own);
    }
    guarding.release();
    auto const lock_again = [&] {
      try {
        (void)guarding.acquire(never, shielding::shielded);
      } catch (...) {
        lock.release();  // it is not held: `lock` must not unlock it
        throw;
      }
    };
    outcome end;
    try {
      end = wait_in(running, *own, "condition_variable::wait", deadline);
    } catch (...) {
      lock_again();
      throw;
    }
    lock_again();
    return end == outcome::granted;
  }

  void notify(std::size_t count) {
    enter();
    guard held(*this);
    for (; count > 0; --count) {
      place* const next = oldest(place_word::queued);
      if (next == nullptr) break;
      grant(*next, value(), held.woken);
    }
  }

 private:
  void settle(chosen& woken) noexcept override {
    while (value() > 0) {
      place* const next = oldest(place_word::queued);
      if (next == nullptr) return state().value.store(0, std::memory_order_release);
      grant(*next, value() - 1, woken);
    }
  }
  void forget(place& of) noexcept override { give(of, value() + 1); }
};

}  // namespace detail

shared<condition_variable>::shared() : body_(std::make_shared<detail::condition_body>()) {}

bool shared<condition_variable>::wait_until(lock_type& lock, time_point deadline) const {
  if (lock.mutex() == nullptr)
    detail::misuse("coir: condition_variable::wait() needs its mutex locked by the caller");
  return body_->wait_until(lock, *lock.mutex()->body_, deadline);
}

void shared<condition_variable>::notify(std::size_t count) const { body_->notify(count); }

void save(output_archive& out, shared<condition_variable> const& value) {
  detail::pack(out, value.body_);
}
shared<condition_variable> load(input_archive& in, std::type_identity<shared<condition_variable>>) {
  return shared<condition_variable>(detail::unpack<detail::condition_body>(in));
}

}  // namespace coir
