// SPDX-License-Identifier: BSL-1.0
/// Granting, step by step, and what becomes of those who stopped at one.

#include "shared/sync_body.hpp"

namespace coir::detail {

sync_body::guard::guard(sync_body& of) noexcept : woken(of), of_(of) {
  if (of.lock(of.state().lock)) of.finish_plan(woken);
  of.let_leave(false, woken, [](std::uint32_t) {});
  reached(step::locked);
}

sync_body::guard::~guard() {
  of_.unlock(of_.state().lock);
  reached(step::freed);
}

void sync_body::queue(task_core const& running, place& own) noexcept {
  begin_wait(running, own, ++state().turns);
  own.word.store(place_word::queued, std::memory_order_seq_cst);
}

void sync_body::write_down(sync_intent what, place const& of, std::uint64_t value) noexcept {
  auto& here = state();
  here.plan_place.store(static_cast<std::uint32_t>(index_of(of)), std::memory_order_relaxed);
  here.plan_value.store(value, std::memory_order_relaxed);
  here.plan.store(what, std::memory_order_release);
  reached(step::intended);
}

void sync_body::take(place& own, std::uint64_t value) noexcept {
  write_down(sync_intent::take, own, value);
  state().value.store(value, std::memory_order_release);
  reached(step::done);
  own.word.store(place_word::granted, std::memory_order_release);
  state().plan.store(sync_intent::none, std::memory_order_release);
}

/// Once the word says so, the place is his who waited: nothing after that touches it.
void sync_body::grant(place& to, std::uint64_t value, chosen& woken) noexcept {
  write_down(sync_intent::grant, to, value);
  state().value.store(value, std::memory_order_release);
  reached(step::done);
  woken.end_wait(to, place_word::granted);
  reached(step::granted);
  state().plan.store(sync_intent::none, std::memory_order_release);
}

void sync_body::give(place& from, std::uint64_t value) noexcept {
  write_down(sync_intent::give, from, value);
  state().value.store(value, std::memory_order_release);
  reached(step::done);
  from.word.store(place_word::idle, std::memory_order_release);
  state().plan.store(sync_intent::none, std::memory_order_release);
}

void sync_body::refuse_all(chosen& woken) noexcept {
  while (place* const first = oldest(place_word::queued))
    woken.end_wait(*first, place_word::refused);
}

void sync_body::pass_all(chosen& woken) noexcept {
  write_down(sync_intent::pass_all, common().places[0], value());
  while (place* const first = oldest(place_word::queued)) {
    woken.end_wait(*first, place_word::granted);
    reached(step::granted);
  }
  state().plan.store(sync_intent::none, std::memory_order_release);
}

void sync_body::finish_plan(chosen& woken) noexcept {
  auto& here = state();
  sync_intent const plan = here.plan.load(std::memory_order_acquire);
  if (plan == sync_intent::none) return;
  place& of = common().places[here.plan_place.load(std::memory_order_relaxed)];
  if (plan == sync_intent::pass_all) {
    pass_all(woken);
    return;
  }
  here.value.store(here.plan_value.load(std::memory_order_relaxed), std::memory_order_release);
  if (plan == sync_intent::take) {
    of.word.store(place_word::granted, std::memory_order_release);
  } else if (plan == sync_intent::give) {
    of.word.store(place_word::idle, std::memory_order_release);
  } else if (of.state() == place_word::queued) {
    woken.end_wait(of, place_word::granted);
  }
  here.plan.store(sync_intent::none, std::memory_order_release);
}

sync_body::outcome sync_body::wait_in(task_core& running, place& own, char const* what,
                                      time_point deadline, shielding how) {
  reached(step::queued);
  auto const withdraw = [&] {
    guard const held(*this);
    if (own.state() != place_word::queued) return false;
    own.word.store(place_word::idle, std::memory_order_release);
    return true;
  };
  switch (wait_or_withdraw(running, own, place_word::queued, what, deadline, how, withdraw)) {
    case wake_reason::cancelled: deliver(running);
    case wake_reason::timed_out: return outcome::timed_out;
    case wake_reason::fulfilled: break;
  }
  reached(step::granted);
  return own.state() == place_word::refused ? outcome::refused : outcome::granted;
}

void sync_body::bury(std::uint32_t dead, process_identity process) noexcept {
  guard held(*this);
  if (!is_still(dead, process)) return;
  for_each_place([&](place& each) {
    if (each.owner.load(std::memory_order_relaxed) != dead) return;
    std::uint32_t const word = each.state();
    if (word == place_word::granted || word == place_word::holding) forget(each);
    each.word.store(place_word::idle, std::memory_order_release);
  });
  reached(step::buried);
  strike_out(dead);
  settle(held.woken);
}

}  // namespace coir::detail
