// SPDX-License-Identifier: BSL-1.0
/// A cancel, or a deadline, between the claim of a wait and the resumption of its task; and the other way
/// round: what was to end the wait comes after a cancel or a deadline has.

#include <atomic>
#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <coir/testing/testing.hpp>

#include "testing/scenes.hpp"

namespace {

using namespace contract;
using coir::testing::interlude;
using scenes::scene;

using place = std::tuple<coir::model, scenes::kind>;

std::string place_name(::testing::TestParamInfo<place> const& info) {
  return std::string(std::get<1>(info.param).name) + "_on_" +
         coir::to_string(std::get<0>(info.param));
}

std::vector<scenes::kind> kinds_if(bool (*fits)(scenes::kind const&)) {
  std::vector<scenes::kind> all = scenes::kinds;
  std::erase_if(all, [fits](scenes::kind const& each) { return !fits(each); });
  return all;
}

auto on_each_model(std::vector<scenes::kind> const& kinds) {
  return ::testing::Combine(concurrent_models, ::testing::ValuesIn(kinds));
}

/// A waiter in a scene, and what has become of it.
class WaiterTest : public ::testing::TestWithParam<place> {
 protected:
  /// Runs `play(scene)`, which begins with start_waiter() and ends with end_waiter().
  template <class F>
  void in_run(interlude& race, F&& play) {
    coir::run({.model = std::get<0>(GetParam()), .trace = &race}, [&] {
      scene at = std::get<1>(GetParam()).make();
      had_it = cancelled_later = cancelled_in_wait = false;
      play(at);
    });
  }

  void start_waiter(scene const& at, coir::time_point deadline) {
    waiter = coir::spawn({.name = "waiter"}, [this, &at, deadline] {
      try {
        had_it = at.wait(deadline);
      } catch (coir::cancelled const&) {
        cancelled_in_wait = true;
        throw;
      }
      if (!had_it) return;
      at.give_back();
      try {
        coir::this_task::checkpoint();
      } catch (coir::cancelled const&) {
        cancelled_later = true;
        throw;
      }
    });
    // On a slow machine its deadline may come before it is seen to wait.
    while (!coir::detail::is_parked(waiter.record()) && !waiter.done()) coir::yield();
  }

  void end_waiter(scene const& at) {
    waiter.join();
    EXPECT_TRUE(at.is_in_order(had_it));
    waiter = {};
  }

  coir::task<void> waiter;
  std::atomic<bool> had_it{false};
  std::atomic<bool> cancelled_in_wait{false};
  std::atomic<bool> cancelled_later{false};
};

// ---- Fulfilled first

/// Waits in a block with a deadline, and notes when that has fired: on its thread, after all that were due
/// before it.
class timed_block {
 public:
  explicit timed_block(coir::time_point deadline) : deadline_(deadline) {}

  template <class F>
  void run(F&& f) {
    coir::cancel_scope scope(deadline_);
    scope.run([&] {
      std::stop_callback const told(coir::this_task::get_stop_token(), [this] { fired_ = true; });
      std::forward<F>(f)();
    });
  }

  /// By who has claimed the waiter. A thread serves its timers while it waits; where all share this one,
  /// nobody can meanwhile.
  void hold() const {
    while (coir::now() <= deadline_) std::this_thread::yield();
    while (coir::current_model() == coir::model::threads && !fired_) std::this_thread::yield();
  }

 private:
  coir::time_point const deadline_;
  std::atomic<bool> fired_{false};
};

class ClaimedOn : public WaiterTest {
 protected:
  /// Fulfils a waiter that waits in `block`, and holds it between claim and resumption for as long as
  /// `race` does. False: the machine was so slow that a deadline was first.
  bool fulfil_late(interlude& race, timed_block& block, coir::time_point deadline) {
    in_run(race, [&](scene& at) {
      scene inside = at;
      inside.wait = [&](coir::time_point until) {
        bool had = false;
        block.run([&] { had = at.wait(until); });
        return had;
      };
      start_waiter(inside, deadline);
      if (!waiter.done()) at.fulfil();
      waiter.join();
      EXPECT_TRUE(had_it || !race.played());
      EXPECT_FALSE(waiter.cancelled());
      if (had_it) end_waiter(at);
      waiter = {};
    });
    return race.played();
  }
};
INSTANTIATE_TEST_SUITE_P(Places, ClaimedOn, on_each_model(scenes::kinds), place_name);

// C4, C5: completion wins, and the cancel comes at the next suspension
TEST_P(ClaimedOn, CXL_10_ACancelBetweenClaimAndResumptionComesAtTheNextSuspension) {
  interlude race({coir::trace_point::woken, "waiter", "fulfilled"}, [&] { waiter.cancel(); });
  in_run(race, [&](scene& at) {
    start_waiter(at, coir::never);
    at.fulfil();
    waiter.join();
    EXPECT_TRUE(had_it);
    EXPECT_TRUE(cancelled_later);
    EXPECT_TRUE(waiter.cancelled());
    end_waiter(at);
  });
  EXPECT_TRUE(race.played());
}

// C4, C5: likewise a deadline of the wait itself
TEST_P(ClaimedOn, TMO_11_ADeadlineBetweenClaimAndResumptionIsLate) {
  // Should the machine be so slow that the deadline is first, it is tried again with a later one.
  for (std::chrono::milliseconds limit = 5ms;; limit *= 4) {
    auto const deadline = std::chrono::steady_clock::now() + limit;
    timed_block later(deadline + 1us);
    interlude race({coir::trace_point::woken, "waiter", "fulfilled"}, [&] { later.hold(); });
    if (fulfil_late(race, later, deadline)) return;
  }
}

// T3: a block whose last wait was fulfilled in time has succeeded, however late it goes on
TEST_P(ClaimedOn, TMO_11_ATimeoutAroundItThatIsDueBetweenClaimAndResumptionIsLate) {
  for (std::chrono::milliseconds limit = 5ms;; limit *= 4) {
    timed_block around(std::chrono::steady_clock::now() + limit);
    interlude race({coir::trace_point::woken, "waiter", "fulfilled"}, [&] { around.hold(); });
    if (fulfil_late(race, around, coir::never)) return;
  }
}

// The same in virtual time, where the deadline is seen to come: with a seed the loop looks after each
// round, so its timer fires between the claim and the waiter's turn.
class ClaimedInVirtualTime : public ::testing::TestWithParam<scenes::kind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, ClaimedInVirtualTime, ::testing::ValuesIn(scenes::kinds),
                         [](auto const& at) { return std::string(at.param.name); });

TEST_P(ClaimedInVirtualTime, TMO_11_ATimerThatFiresBetweenClaimAndResumptionIsLate) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    coir::virtual_clock clock;
    coir::time_point const deadline = clock.now() + 1s;
    interlude race({coir::trace_point::woken, "waiter", "fulfilled"},
                   [&] { clock.advance_to(deadline + 1s); });
    coir::run({.clock = &clock, .seed = seed, .trace = &race}, [&] {
      scene const at = GetParam().make();
      auto waiter = coir::spawn({.name = "waiter"}, [&] {
        bool const had_it = at.wait(deadline);
        if (had_it) at.give_back();
        return had_it;
      });
      coir::testing::wait_all_blocked();
      at.fulfil();
      EXPECT_TRUE(waiter.get()) << "seed " << seed;
      EXPECT_GE(coir::now(), deadline);
      EXPECT_TRUE(at.is_in_order(true)) << "seed " << seed;
    });
    EXPECT_TRUE(race.played());
  }
}

// ---- Cancelled or timed out first

class CancelledFirstOn : public WaiterTest {};
INSTANTIATE_TEST_SUITE_P(Places, CancelledFirstOn,
                         on_each_model(kinds_if([](scenes::kind const& each) {
                           return !each.fulfilling_waits;
                         })),
                         place_name);

// C4: what comes for a waiter whose cancel has claimed it already is nobody's, and not lost
TEST_P(CancelledFirstOn, WhatComesBetweenItsCancelAndItsResumptionIsNotLost) {
  scene* playing = nullptr;
  interlude race({coir::trace_point::woken, "waiter", "cancelled"}, [&] { playing->fulfil(); });
  in_run(race, [&](scene& at) {
    playing = &at;
    start_waiter(at, coir::never);
    waiter.cancel();
    waiter.join();
    EXPECT_TRUE(cancelled_in_wait);
    EXPECT_FALSE(had_it);
    EXPECT_TRUE(waiter.cancelled());
    end_waiter(at);
  });
  EXPECT_TRUE(race.played());
}

class TimedOutFirstOn : public WaiterTest {};
INSTANTIATE_TEST_SUITE_P(Places, TimedOutFirstOn,
                         on_each_model(kinds_if([](scenes::kind const& each) {
                           return !each.fulfilling_waits && !each.only_main_fulfils;
                         })),
                         place_name);

TEST_P(TimedOutFirstOn, WhatComesBetweenItsDeadlineAndItsResumptionIsNotLost) {
  scene* playing = nullptr;
  interlude race({coir::trace_point::woken, "waiter", "timed_out"}, [&] { playing->fulfil(); });
  in_run(race, [&](scene& at) {
    playing = &at;
    waiter = coir::spawn({.name = "waiter"}, [&] { had_it = at.wait(coir::now() + 2ms); });
    waiter.join();
    EXPECT_FALSE(had_it);
    end_waiter(at);
  });
  EXPECT_TRUE(race.played());
}

}  // namespace
