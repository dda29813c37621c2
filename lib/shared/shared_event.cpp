// SPDX-License-Identifier: BSL-1.0
/// A flag in shared memory.

#include <coir/shared/shared_event.hpp>

#include "shared/sync_body.hpp"
#include "shared/travel.hpp"

namespace coir {
namespace detail {

class event_body final : public sync_body {
 public:
  using sync_body::sync_body;
  ~event_body() override { leave(); }

  bool wait_until(time_point deadline) {
    task_core& running = checkpoint();
    enter();
    own_place own(*this);
    {
      guard held(*this);
      if (value() != 0) return true;
      queue(running, *own);
    }
    return wait_in(running, *own, "event::wait", deadline) == outcome::granted;
  }

  /// Who has set it and died lets those go on who waited: so they do before it is cleared.
  void change(bool to) {
    enter();
    guard held(*this);
    settle(held.woken);
    state().value.store(to ? 1 : 0, std::memory_order_release);
    settle(held.woken);
  }

  bool is_set() {
    enter();
    return value() != 0;
  }

 private:
  void settle(chosen& woken) noexcept override {
    if (value() == 0) return;
    while (place* const first = oldest(place_word::queued)) {
      woken.end_wait(*first, place_word::granted);
      reached(step::granted);
    }
  }
  void forget(place&) noexcept override {}
};

}  // namespace detail

shared<event>::shared() : body_(std::make_shared<detail::event_body>()) {}
bool shared<event>::wait_until(time_point deadline) const { return body_->wait_until(deadline); }
void shared<event>::set() const { body_->change(true); }
void shared<event>::clear() const { body_->change(false); }
bool shared<event>::is_set() const { return body_->is_set(); }

void save(output_archive& out, shared<event> const& value) { detail::pack(out, value.body_); }
shared<event> load(input_archive& in, std::type_identity<shared<event>>) {
  return shared<event>(detail::unpack<detail::event_body>(in));
}

}  // namespace coir
