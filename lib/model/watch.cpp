// SPDX-License-Identifier: BSL-1.0
/// Telling the tracer, and doing without one that throws.

#include "model/watch.hpp"

#include <exception>
#include <memory>
#include <mutex>
#include <string>

#include <coir/base/warning.hpp>

#include "base/exception_text.hpp"
#include "model/words.hpp"

namespace coir {

char const* to_string(trace_point what) noexcept {
  switch (what) {
    case trace_point::spawned: return "spawned";
    case trace_point::begun: return "begun";
    case trace_point::parked: return "parked";
    case trace_point::woken: return "woken";
    case trace_point::resumed: return "resumed";
    case trace_point::yielded: return "yielded";
    case trace_point::ended: return "ended";
  }
  return "unknown";
}

std::string trace_event::name() const { return detail::name_of(*core); }

namespace detail {
namespace {

std::uint64_t id_here() noexcept {
  task_core const* const self = current_task();
  return self != nullptr ? self->id : 0;
}

std::string_view reason_of(task_core const& claimed) noexcept {
  switch (
      static_cast<wake_reason>(claimed.word.load(std::memory_order_acquire) & word::state_mask)) {
    case wake_reason::fulfilled: return "fulfilled";
    case wake_reason::timed_out: return "timed_out";
    case wake_reason::cancelled: return "cancelled";
  }
  return {};
}

std::string_view how_it_ended(outcome how) noexcept {
  switch (how) {
    case outcome::finished: return "finished";
    case outcome::failed: return "failed";
    case outcome::cancelled: return "cancelled";
    case outcome::pending: break;
  }
  return {};
}

}  // namespace

void watch::look_at(task_record& fresh, spawn_site site) {
  auto notes = std::make_unique<task_notes>();
  notes->observed_by = this;
  notes->spawned_by = id_here();
  notes->file = site.where.file;
  notes->line = site.where.line;
  notes->spawned_from = site.from;
  // A submitted task is known to others already, who may name it.
  std::lock_guard<spin_lock> const held(fresh.lock);
  if (fresh.notes != nullptr) notes->name.swap(fresh.notes->name);
  fresh.notes.swap(notes);
}

void watch::is_spawned(task_record& fresh) noexcept {
  tell(trace_point::spawned, fresh, fresh.notes->spawned_by, {});
}

void watch::begins(task_record& self) noexcept {
  tell(trace_point::begun, self, 0, {});
  begin_step(self);
}

void watch::is_sent(task_record& fresh) noexcept {
  fresh.notes->waits_since.store(now().time_since_epoch().count(), std::memory_order_relaxed);
  tell(trace_point::begun, fresh, 0, {});
}

void watch::ends(task_record& self) noexcept {
  end_step(self);
  tell(trace_point::ended, self, 0, how_it_ended(self.how));
}

void watch::never_began(task_record& fresh) noexcept {
  tell(trace_point::ended, fresh, 0, how_it_ended(outcome::failed));
}

void watch::parks(task_core& self) noexcept {
  end_step(self);
  self.notes->waits_since.store(now().time_since_epoch().count(), std::memory_order_relaxed);
  tell(trace_point::parked, self, 0, self.waits_in.load(std::memory_order_relaxed));
}

void watch::goes_on(task_core& self) noexcept {
  tell(trace_point::resumed, self, 0, {});
  begin_step(self);
}

void watch::yields(task_core& self) noexcept {
  end_step(self);
  tell(trace_point::yielded, self, 0, {});
}

void watch::is_woken(task_core& claimed) noexcept {
  tell(trace_point::woken, claimed, id_here(), reason_of(claimed));
}

// --- Steps ---

void watch::begin_step(task_core& self) noexcept {
  if (slow_step_.count() > 0) self.notes->step_began = std::chrono::steady_clock::now();
}

void watch::end_step(task_core& self) noexcept {
  // One that never began has had no step.
  if (slow_step_.count() <= 0 || self.notes->step_began == time_point{}) return;
  auto const took = std::chrono::steady_clock::now() - self.notes->step_began;
  if (took > slow_step_) warn_of_slow_step(self, took);
}

void watch::warn_of_slow_step(task_core& self, std::chrono::nanoseconds took) noexcept {
  try {
    std::string text = "task " + name_of(self) + " ran for " + in_words(took) +
                       " without letting others run (run_options::slow_step is " +
                       in_words(slow_step_) + ")";
    if (std::string const place = spawned_at(*self.notes); !place.empty())
      text += "; it was spawned at " + place;
    warn(text);
  } catch (...) {
    warn("a task ran for longer than run_options::slow_step without letting others run");
  }
}

// --- The tracer ---

void watch::tell(trace_point what, task_core& task, std::uint64_t by,
                 std::string_view about) noexcept {
  tracer* const told = tracer_.load(std::memory_order_acquire);
  if (told == nullptr) return;
  try {
    told->on_event({what, task.id, by, about, &task});
  } catch (...) {
    // Several threads may have been in it: one of them says so.
    tracer* expected = told;
    if (!tracer_.compare_exchange_strong(expected, nullptr)) return;
    try {
      warn("a tracer threw at \"" + std::string(to_string(what)) +
           "\", and is told no more: " + text_of_current_exception());
    } catch (...) {
      warn("a tracer threw, and is told no more");
    }
  }
}

}  // namespace detail
}  // namespace coir
