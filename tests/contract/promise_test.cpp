// SPDX-License-Identifier: BSL-1.0
/// Promises on every model: settled once, by a value, an exception or a cancel, for all who wait.

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class PromiseOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, PromiseOnAny, all_models, model_name);

class PromiseOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, PromiseOn, concurrent_models, model_name);

using PromiseInVirtualTime = virtual_run;

/// The text of the std::logic_error that `f` throws.
template <class F>
std::string logic_error_of(F&& f) {
  try {
    std::forward<F>(f)();
  } catch (std::logic_error const& e) {
    return e.what();
  }
  return "none was thrown";
}

TEST_P(PromiseOn, AValueWakesEverybodyWhoWaitsForIt) {
  in_run([] {
    coir::promise<std::string> promise;
    std::vector<coir::task<std::string>> waiters;
    for (int i = 0; i < 3; ++i)
      waiters.push_back(coir::spawn([future = promise.get_future()]() mutable {
        static_assert(std::is_same_v<decltype(future.get()), std::string const&>);
        return future.get();
      }));
    for (auto& each : waiters) await_parked(each);
    promise.set_value(3u, 'x');
    for (auto& each : waiters) EXPECT_EQ(each.get(), "xxx");
  });
}

TEST(PromiseOnFibers, WaitersGoOnInTheOrderTheyCame) {
  coir::run([] {
    coir::promise<> promise;
    std::vector<int> order;
    std::vector<coir::task<>> waiters;
    for (int i = 0; i < 5; ++i)
      waiters.push_back(coir::spawn([&, i] {
        promise.get_future().wait();
        order.push_back(i);
      }));
    coir::yield();
    promise.set_value();
    for (auto& each : waiters) each.get();
    EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
  });
}

TEST_P(PromiseOnAny, ResultsMayBeReferencesOrNothingOrOnlyMovable) {
  in_run([] {
    int number = 0;
    coir::promise<int&> reference;
    reference.set_value(number);
    EXPECT_EQ(&reference.get_future().get(), &number);
    EXPECT_EQ(reference.get_future().get_for(0s), &number);
    coir::promise<> nothing;
    EXPECT_FALSE(nothing.get_future().get_for(0s));
    nothing.set_value();
    nothing.get_future().get();
    EXPECT_TRUE(nothing.get_future().get_for(0s));
    coir::promise<std::unique_ptr<int>> movable;
    movable.set_value(std::make_unique<int>(3));
    EXPECT_EQ(*movable.get_future().get(), 3);
  });
}

TEST_P(PromiseOnAny, AnExceptionGoesToEverybodyWhoAsks) {
  unhandled_log log;
  in_run([] {
    coir::promise<int> promise;
    promise.set_exception(std::make_exception_ptr(std::out_of_range("mine")));
    auto future = promise.get_future();
    auto copy = future;
    EXPECT_THROW(future.get(), std::out_of_range);
    EXPECT_THROW(copy.get(), std::out_of_range);
    EXPECT_THROW((void)copy.get_for(0s), std::out_of_range);
    EXPECT_EQ(what_of(copy.exception()), "mine");
    EXPECT_THROW(promise.set_exception(nullptr), std::invalid_argument);
  });
  EXPECT_TRUE(log.entries().empty());
}

// G3
TEST(Promise, AnExceptionThatNobodyAskedForGoesToTheHandlerOnce) {
  unhandled_log log;
  {
    coir::promise<> promise("answer");
    promise.set_exception(std::make_exception_ptr(std::out_of_range("mine")));
    EXPECT_TRUE(log.entries().empty());
  }
  EXPECT_EQ(log.entries(), std::vector<std::string>{"answer: mine"});
}

TEST_P(PromiseOnAny, FUT_04_TheFirstResultStaysAndLaterOnesAreAnError) {
  in_run([] {
    coir::promise<int> promise("answer");
    auto future = promise.get_future();
    EXPECT_FALSE(promise.done());
    EXPECT_FALSE(future.done());
    promise.set_value(1);
    EXPECT_TRUE(promise.done());
    EXPECT_EQ(logic_error_of([&] { promise.set_value(2); }),
              "coir: answer was settled a second time; its first result stays");
    EXPECT_THROW(promise.set_exception(std::make_exception_ptr(1)), std::logic_error);
    EXPECT_FALSE(promise.try_set_value(3));
    EXPECT_FALSE(promise.try_set_exception(std::make_exception_ptr(1)));
    EXPECT_FALSE(future.cancel());
    EXPECT_EQ(future.get(), 1);
    EXPECT_FALSE(future.cancelled());
    EXPECT_EQ(future.exception(), nullptr);
  });
}

TEST_P(PromiseOnAny, FUT_04_AnExceptionIsAResultToo) {
  in_run([] {
    coir::promise<int> promise;
    EXPECT_TRUE(promise.try_set_exception(std::make_exception_ptr(std::out_of_range("mine"))));
    EXPECT_THROW(promise.set_value(2), std::logic_error);
    EXPECT_THROW(promise.get_future().get(), std::out_of_range);
  });
}

TEST_P(PromiseOn, CXL_07_FUT_02_WhoWaitsForACancelledFutureGetsCancelledAndIsNotCancelled) {
  in_run([] {
    coir::promise<int> promise("answer");
    auto future = promise.get_future();
    auto waiter = coir::spawn([&] {
      try {
        coir::timeout(1h, [&] { future.get(); });
        ADD_FAILURE() << "nothing was thrown";
      } catch (coir::cancelled const& c) {
        EXPECT_EQ(c.reason().text(), "not wanted");
        EXPECT_EQ(c.reason().cause(), coir::cancel_cause::requested);
      }
      EXPECT_EQ(coir::this_task::cancelling(), 0u);
      coir::yield();  // the next wait is undisturbed
      EXPECT_TRUE(future.cancelled());
      return 5;
    });
    await_parked(waiter);
    EXPECT_TRUE(promise.get_future().cancel("not wanted"));
    EXPECT_FALSE(future.cancel("again"));
    EXPECT_EQ(waiter.get(), 5);
    EXPECT_TRUE(promise.cancelled());
    EXPECT_FALSE(promise.try_set_value(1));
    EXPECT_NE(logic_error_of([&] { promise.set_value(1); }).find("answer was cancelled"),
              std::string::npos);
  });
}

TEST_P(PromiseOn, ACancelledWaiterLeavesTheFutureAlone) {
  in_run([] {
    coir::promise<int> promise;
    auto future = promise.get_future();
    auto waiter = coir::spawn([&] { future.get(); });
    await_parked(waiter);
    waiter.cancel();
    EXPECT_THROW(waiter.get(), coir::cancelled);
    EXPECT_EQ(coir::this_task::cancelling(), 0u);
    EXPECT_FALSE(future.done());
    promise.set_value(1);
    EXPECT_EQ(future.get(), 1);
  });
}

TEST_F(PromiseInVirtualTime, FUT_02_ATimedGetThatIsTooLongLeavesTheFutureAlone) {
  in_run([&] {
    coir::promise<int> promise;
    auto future = promise.get_future();
    EXPECT_EQ(future.get_for(2h), std::nullopt);
    EXPECT_FALSE(future.wait_until(begin + 3h));
    EXPECT_EQ(elapsed(), 3h);
    EXPECT_FALSE(future.done());
    auto setter = coir::spawn([&] {
      coir::sleep_for(1h);
      promise.set_value(7);
    });
    EXPECT_EQ(future.get_for(2h), 7);
    EXPECT_EQ(elapsed(), 4h);
  });
}

TEST_F(PromiseInVirtualTime, ATimeoutOfAFutureCancelsIt) {
  in_run([] {
    coir::promise<int> promise;
    auto future = promise.get_future();
    EXPECT_THROW(coir::timeout(1h, future), coir::timeout_error);
    EXPECT_TRUE(promise.cancelled());
  });
}

TEST_P(PromiseOn, APromiseThatIsDestroyedUnsettledWakesItsWaiters) {
  unhandled_log log;
  in_run([] {
    auto promise = std::make_optional<coir::promise<int>>("answer");
    auto waiter = coir::spawn([future = promise->get_future()]() mutable { future.get(); });
    await_parked(waiter);
    auto future = promise->get_future();
    *promise = coir::promise<int>();
    waiter.join();
    EXPECT_EQ(what_of(waiter.exception()), "coir: answer was destroyed before it was settled");
    EXPECT_THROW(future.get(), coir::broken_promise);
    promise.reset();  // nobody has asked for the second one, nor wanted it
  });
  EXPECT_TRUE(log.entries().empty());
}

struct throws_when_made {
  explicit throws_when_made(int) { throw std::out_of_range("mine"); }
};

TEST_P(PromiseOnAny, WhatMakingTheValueThrowsIsTheResult) {
  in_run([] {
    coir::promise<throws_when_made> promise;
    promise.set_value(1);
    EXPECT_THROW(promise.get_future().get(), std::out_of_range);
    EXPECT_THROW(promise.set_value(1), std::logic_error);
  });
}

TEST_P(PromiseOnAny, SettingACancelledIsACancel) {
  in_run([] {
    coir::promise<> promise;
    promise.set_exception(std::make_exception_ptr(
        coir::cancelled(coir::cancel_reason(coir::cancel_cause::requested, "passed on"))));
    EXPECT_TRUE(promise.get_future().cancelled());
    EXPECT_THROW(promise.get_future().get(), coir::cancelled);
  });
}

TEST(Promise, AnEmptyHandleOrPromiseIsALogicError) {
  coir::future<int> empty;
  EXPECT_FALSE(empty.valid());
  EXPECT_FALSE(coir::future<int>(empty).valid());
  EXPECT_THROW(empty.get(), std::logic_error);
  coir::promise<int> promise;
  auto taken = std::move(promise);
  EXPECT_THROW(promise.set_value(1), std::logic_error);
  EXPECT_THROW((void)promise.get_future(), std::logic_error);
  taken.set_value(1);
}

TEST(Promise, PromisesAreNamed) {
  coir::promise<> named("answer"), plain;
  EXPECT_EQ(named.name(), "answer");
  EXPECT_EQ(plain.name(), "promise-" + std::to_string(plain.get_future().id()));
}

TEST(PromiseOnSerial, AWaitThatNobodyCanEndIsADeadlock) {
  coir::run({.model = coir::model::serial}, [] {
    coir::promise<> promise;
    try {
      promise.get_future().get();
      ADD_FAILURE() << "nothing was thrown";
    } catch (coir::deadlock const& e) {
      EXPECT_NE(std::string(e.what()).find("future::wait"), std::string::npos);
    }
  });
}

}  // namespace
}  // namespace contract
