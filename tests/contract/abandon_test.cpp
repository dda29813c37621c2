// SPDX-License-Identifier: BSL-1.0
/// offload(abandon_on_cancel, …): calls that a cancel leaves behind, and what a run does about them.

#include <atomic>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class AbandonOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, AbandonOnAny, all_models, model_name);

class AbandonOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, AbandonOn, concurrent_models, model_name);

/// Leaves `call` behind: it is begun, and abandoned once it is at it.
template <class F>
void leave_behind(F call) {
  auto begun = std::make_shared<std::latch>(1);
  coir::cancel_scope scope;
  auto cancelled_by_call = [&scope, begun, call = std::move(call)]() mutable {
    scope.cancel();
    begun->count_down();
    call();
  };
  EXPECT_FALSE(scope.run([&] {
    coir::offload(coir::abandon_on_cancel, std::move(cancelled_by_call));
    coir::yield();  // if the call has ended first
  }));
  begun->wait();
}

TEST_P(AbandonOnAny, ACallThatEndsInTimeIsLikeAnyOther) {
  in_run([] {
    EXPECT_EQ(coir::offload(
                  coir::abandon_on_cancel, [](int n) { return n + 1; }, 4),
              5);
    EXPECT_THROW(coir::offload(coir::abandon_on_cancel, [] { throw std::out_of_range("far"); }),
                 std::out_of_range);
  });
}

TEST_P(AbandonOnAny, THR_05_ACallOfACancelledCallerNeverBegins) {
  in_run([] {
    auto begun = std::make_shared<std::atomic<bool>>(false);
    coir::cancel_scope scope;
    scope.cancel();
    EXPECT_FALSE(
        scope.run([&] { coir::offload(coir::abandon_on_cancel, [begun] { *begun = true; }); }));
    EXPECT_FALSE(*begun);
  });
}

TEST_P(AbandonOnAny, THR_01_THR_05_ACancelReturnsAtOnceAndTheCallGoesOn) {
  std::latch go(1);
  std::latch ended(1);
  in_run([&] {
    leave_behind([&] {
      go.wait();
      ended.count_down();
    });
    EXPECT_FALSE(ended.try_wait());
    go.count_down();
    ended.wait();
  });
}

TEST_P(AbandonOnAny, TheFunctionIsTheCallsOwnAndGoesWhenItHasEnded) {
  auto const owned = std::make_shared<int>(1);
  in_run([&] {
    auto go = std::make_shared<std::latch>(1);
    leave_behind([go, owned] { go->wait(); });
    EXPECT_EQ(owned.use_count(), 2);
    go->count_down();
  });
  EXPECT_EQ(owned.use_count(), 1);  // run() has waited for the call
}

TEST_P(AbandonOn, THR_06_AnAbandonedCallKeepsItsPlace) {
  coir::run({.model = GetParam(), .offload_threads = 1}, [] {
    std::latch go(1);
    std::atomic<bool> first_ended{false};
    leave_behind([&] {
      go.wait();
      first_ended = true;
    });
    auto second = coir::spawn([&] { coir::offload([&] { EXPECT_TRUE(first_ended); }); });
    await_parked(second);
    go.count_down();
    second.get();
  });
}

TEST(AbandonOnSerial, THR_06_WhoWaitsForAnAbandonedCallsPlaceIsNotStuck) {
  coir::run({.model = coir::model::serial, .offload_threads = 1}, [] {
    std::atomic<bool> first_ended{false};
    leave_behind([&] {
      for (int i = 0; i < 1000; ++i) std::this_thread::yield();
      first_ended = true;
    });
    coir::offload([&] { EXPECT_TRUE(first_ended); });
  });
}

TEST_P(AbandonOnAny, THR_02_RunWaitsForAbandonedCalls) {
  std::atomic<bool> main_ended{false};
  std::atomic<bool> ended{false};
  in_run([&] {
    leave_behind([&] {
      main_ended.wait(false);
      for (int i = 0; i < 1000; ++i) std::this_thread::yield();
      ended = true;
    });
    main_ended = true;
    main_ended.notify_all();
  });
  EXPECT_TRUE(ended);
}

TEST_P(AbandonOnAny, RUN_16_RunWarnsOfACallThatDoesNotEndAndReturns) {
  auto go = std::make_shared<std::latch>(1);
  auto ended = std::make_shared<std::latch>(1);
  ::testing::internal::CaptureStderr();
  coir::run({.model = GetParam(), .grace = 1ms}, [&] {
    leave_behind([go, ended] {
      go->wait();
      ended->count_down();
    });
  });
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("1 abandoned call(s) of offload()"),
            std::string::npos);
  go->count_down();
  ended->wait();
}

TEST_P(AbandonOnAny, THR_08_ACallThatEndsAfterItsRunIsSilent) {
  auto go = std::make_shared<std::latch>(1);
  auto gone = std::make_shared<std::latch>(1);
  struct at_end {
    std::shared_ptr<std::latch> gone;
    ~at_end() {
      if (gone != nullptr) gone->count_down();
    }
    explicit at_end(std::shared_ptr<std::latch> gone_) : gone(std::move(gone_)) {}
    at_end(at_end&& other) noexcept : gone(std::move(other.gone)) {}
    at_end(at_end const&) = delete;
  };
  unhandled_log const log;
  ::testing::internal::CaptureStderr();
  coir::run({.model = GetParam(), .grace = 0ms},
            [&] { leave_behind([go, last = std::make_shared<at_end>(gone)] { go->wait(); }); });
  go->count_down();
  gone->wait();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_TRUE(log.entries().empty());
}

// G3
TEST_P(AbandonOnAny, WhatAnAbandonedCallThrowsGoesToTheHandlerOnce) {
  unhandled_log const log;
  in_run([] {
    auto abandoned = std::make_shared<std::latch>(1);
    leave_behind([abandoned] {
      abandoned->wait();
      throw std::runtime_error("late");
    });
    abandoned->count_down();
  });
  EXPECT_EQ(log.entries(), std::vector<std::string>{"(an abandoned offload): late"});
}

}  // namespace
}  // namespace contract
