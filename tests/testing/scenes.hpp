// SPDX-License-Identifier: BSL-1.0
/// One waiter at each kind of primitive, and who gives it what it waits for.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "contract/models.hpp"

namespace scenes {

using namespace std::chrono_literals;

/// A primitive on which somebody can be made to wait. Made by the main task of a run.
struct scene {
  /// Waits, until `deadline` at most: true if it was given what it waited for.
  std::function<bool(coir::time_point deadline)> wait;
  /// Gives it, by the main task, without waiting.
  std::function<void()> fulfil;
  /// The waiter, who has it, gives it back, without waiting. Throws if it has not.
  std::function<void()> give_back = [] {};
  /// Once all is over: nothing is lost or doubled if the waiter had it and gave it back; or if it had
  /// left when it was to be fulfilled.
  std::function<bool(bool waiter_had_it)> is_in_order = [](bool) { return true; };
};

struct kind {
  char const* name;
  scene (*make)();
  bool only_main_fulfils = false;  // a lock's owner
  bool fulfilling_waits = false;   // if the waiter has left
};

inline scene queue_get() {
  coir::queue<int> q;
  return {.wait = [q](auto until) { return q.get_until(until) == 7; },
          .fulfil = [q] { EXPECT_TRUE(q.try_put(7)); },
          .is_in_order = [q](bool had) { return q.size() == (had ? 0u : 1u); }};
}

inline scene queue_put() {
  coir::queue<int> q(1);
  q.put(1);
  return {.wait = [q](auto until) { return q.put_until(2, until); },
          .fulfil = [q] { EXPECT_EQ(q.try_get(), 1); },
          .is_in_order = [q](bool had) { return had ? q.try_get() == 2 : q.size() == 0; }};
}

inline scene rendezvous_get() {
  auto q = std::make_shared<coir::rendezvous<int>>();
  auto sent = std::make_shared<bool>();
  return {.wait = [q](auto until) { return q->get_until(until) == 7; },
          .fulfil = [q, sent] { *sent = q->try_put(7); },
          .is_in_order = [sent](bool had) { return *sent == had; }};
}

inline scene rendezvous_put() {
  auto q = std::make_shared<coir::rendezvous<int>>();
  auto got = std::make_shared<std::optional<int>>();
  return {.wait = [q](auto until) { return q->put_until(7, until); },
          .fulfil = [q, got] { *got = q->try_get(); },
          .is_in_order = [got](bool had) { return had ? *got == 7 : !*got; }};
}

inline scene mutex_lock() {
  auto m = std::make_shared<coir::mutex>();
  m->lock();
  return {.wait = [m](auto until) { return m->try_lock_until(until); },
          .fulfil = [m] { m->unlock(); },
          .give_back = [m] { m->unlock(); },
          .is_in_order = [m](bool) { return std::unique_lock(*m, std::try_to_lock).owns_lock(); }};
}

inline scene shared_mutex_lock() {
  auto m = std::make_shared<coir::shared_mutex>();
  m->lock_shared();
  return {.wait = [m](auto until) { return m->try_lock_until(until); },
          .fulfil = [m] { m->unlock_shared(); },
          .give_back = [m] { m->unlock(); },
          .is_in_order = [m](bool) { return std::unique_lock(*m, std::try_to_lock).owns_lock(); }};
}

inline scene shared_mutex_lock_shared() {
  auto m = std::make_shared<coir::shared_mutex>();
  m->lock();
  return {.wait = [m](auto until) { return m->try_lock_shared_until(until); },
          .fulfil = [m] { m->unlock(); },
          .give_back = [m] { m->unlock_shared(); },
          .is_in_order = [m](bool) { return std::unique_lock(*m, std::try_to_lock).owns_lock(); }};
}

inline scene semaphore_acquire() {
  auto s = std::make_shared<coir::semaphore>(1u);
  s->acquire();
  return {.wait = [s](auto until) { return s->try_acquire_until(until); },
          .fulfil = [s] { s->release(); },
          .give_back = [s] { s->release(); },
          .is_in_order = [s](bool) { return s->try_acquire() && !s->try_acquire(); }};
}

inline scene limiter_acquire() {
  auto l = std::make_shared<coir::capacity_limiter>(1u);
  l->acquire();
  return {.wait = [l](auto until) { return l->try_acquire_until(until); },
          .fulfil = [l] { l->release(); },
          .give_back = [l] { l->release(); },
          .is_in_order = [l](bool) { return l->try_acquire() && l->statistics().borrowed == 1; }};
}

inline scene event_wait() {
  auto e = std::make_shared<coir::event>();
  return {.wait = [e](auto until) { return e->wait_until(until); },
          .fulfil = [e] { e->set(); },
          .is_in_order = [e](bool) { return e->is_set(); }};
}

/// The waiter returns with the lock; the notification is nobody else's.
inline scene condition_wait() {
  struct place {
    coir::mutex m;
    coir::condition_variable changed;
  };
  auto p = std::make_shared<place>();
  return {
      .wait =
          [p](auto until) {
            std::unique_lock lock(p->m);
            bool const notified = p->changed.wait_until(lock, until);
            return notified && lock.owns_lock();
          },
      .fulfil = [p] { p->changed.notify_one(); },
      .is_in_order = [p](bool) { return std::unique_lock(p->m, std::try_to_lock).owns_lock(); }};
}

inline scene barrier_wait() {
  auto b = std::make_shared<coir::barrier>(2u);
  return {.wait = [b](auto until) { return b->wait_until(until).has_value(); },
          .fulfil = [b] { (void)b->wait_for(1s); },
          .is_in_order = [b](bool) { return b->waiting() == 0 && !b->is_broken(); }};
}

inline scene task_join() {
  auto go = std::make_shared<coir::event>();
  auto target = std::make_shared<coir::task<void>>(coir::spawn([go] { go->wait(); }));
  return {.wait = [target](auto until) { return target->join_until(until); },
          .fulfil = [go] { go->set(); },
          .is_in_order =
              [target](bool) {
                target->join();
                return !target->cancelled();
              }};
}

inline scene future_wait() {
  auto p = std::make_shared<coir::promise<int>>();
  auto f = std::make_shared<coir::future<int>>(p->get_future());
  return {.wait = [f](auto until) { return f->wait_until(until); },
          .fulfil = [p] { p->set_value(7); },
          .is_in_order = [f](bool) { return f->get() == 7; }};
}

inline scene select_get() {
  coir::queue<int> q;
  coir::queue<int> other;
  return {.wait =
              [q, other](auto until) mutable {
                bool got = false;
                coir::select(coir::on_get(q, [&](int item) { got = item == 7; }),
                             coir::on_get(other, [](int) {}), coir::after(until, [] {}));
                return got;
              },
          .fulfil = [q] { EXPECT_TRUE(q.try_put(7)); },
          .is_in_order = [q](bool had) { return q.size() == (had ? 0u : 1u); }};
}

inline std::vector<kind> const kinds = {
    {"queue_get", queue_get},
    {"queue_put", queue_put},
    {"rendezvous_get", rendezvous_get},
    {"rendezvous_put", rendezvous_put},
    {"mutex_lock", mutex_lock, true},
    {"shared_mutex_lock", shared_mutex_lock, true},
    {"shared_mutex_lock_shared", shared_mutex_lock_shared, true},
    {"semaphore_acquire", semaphore_acquire},
    {"limiter_acquire", limiter_acquire, true},
    {"event_wait", event_wait},
    {"condition_wait", condition_wait},
    {"barrier_wait", barrier_wait, false, true},
    {"task_join", task_join},
    {"future_wait", future_wait},
    {"select_get", select_get},
};

}  // namespace scenes
