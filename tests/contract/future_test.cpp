// SPDX-License-Identifier: BSL-1.0
/// Futures among others: callbacks, combinators, and threads that come at the same time.

#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class FutureOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, FutureOnAny, all_models, model_name);

class FutureOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, FutureOn, concurrent_models, model_name);

constexpr int rounds = 200;

// --- Waits ---

// C4
TEST_P(FutureOn, CXL_10_GetForGivesWhatCameInTimeThoughACancelFollows) {
  in_run([] {
    coir::promise<int> promise;
    std::optional<int> got;
    auto waiter = coir::spawn([&, future = promise.get_future()]() mutable {
      got = future.get_for(1h);
      coir::event().wait();
    });
    await_parked(waiter);
    promise.set_value(4);
    waiter.cancel();
    EXPECT_THROW(waiter.get(), coir::cancelled);
    EXPECT_EQ(got, 4);
  });
}

// --- Callbacks ---

TEST_P(FutureOn, CXL_23_CallbacksRunInOrderBeforeWhoWaitsGoesOn) {
  unhandled_log log;
  in_run([] {
    coir::promise<int> promise("answer");
    auto future = promise.get_future();
    std::vector<int> order;
    auto waiter = coir::spawn([&] {
      future.get();
      order.push_back(4);
    });
    await_parked(waiter);
    future.on_done([&] { order.push_back(1); });
    future.on_done([] { throw std::runtime_error("from a callback"); });
    future.on_done([&] { order.push_back(2); });
    future.on_done([&] { order.push_back(3); });
    promise.set_value(5);
    waiter.get();
    EXPECT_EQ(order, (std::vector{1, 2, 3, 4}));
  });
  EXPECT_EQ(log.entries(), std::vector<std::string>{"answer: from a callback"});
}

TEST_P(FutureOnAny, ACallbackMayAskForTheResult) {
  in_run([] {
    coir::promise<int> promise;
    auto future = promise.get_future();
    int seen = 0;
    future.on_done([&seen, future]() mutable {
      EXPECT_TRUE(future.done());
      seen = future.get();
    });
    promise.set_value(5);
    EXPECT_EQ(seen, 5);
    coir::promise<> dropped;
    bool cancelled = false;
    auto gone = dropped.get_future();
    gone.on_done([&cancelled, gone] { cancelled = gone.cancelled(); });
    gone.cancel();
    EXPECT_TRUE(cancelled);
  });
}

TEST_P(FutureOnAny, FUT_03_ALateCallbackRunsAtOnceAndWhatItThrowsGoesToTheHandler) {
  unhandled_log log;
  in_run([] {
    coir::promise<> promise("answer");
    promise.set_value();
    auto future = promise.get_future();
    future.on_done([] { throw std::runtime_error("from a late callback"); });
    bool ran = false;
    future.on_done([&] { ran = true; });
    EXPECT_TRUE(ran);
  });
  EXPECT_EQ(log.entries(), std::vector<std::string>{"answer: from a late callback"});
}

TEST_P(FutureOnAny, CXL_22_CallbacksMayAddCallbacksAndEachRunsOnceInOrder) {
  in_run([] {
    coir::promise<> promise;
    auto future = promise.get_future();
    std::vector<int> order;
    future.on_done([&, future] {
      order.push_back(1);
      future.on_done([&, future] {
        order.push_back(3);
        future.on_done([&] { order.push_back(4); });
      });
    });
    future.on_done([&] { order.push_back(2); });
    promise.set_value();
    EXPECT_EQ(order, (std::vector{1, 2, 3, 4}));
  });
}

TEST_P(FutureOnAny, ACallbackMayDestroyThePromise) {
  in_run([] {
    auto promise = std::make_unique<coir::promise<std::string>>();
    auto future = promise->get_future();
    future.on_done([&] { promise.reset(); });
    promise->set_value("kept");
    EXPECT_EQ(promise, nullptr);
    EXPECT_EQ(future.get(), "kept");
  });
}

// --- Combinators ---

TEST_P(FutureOnAny, FuturesGoWhereTasksGo) {
  in_run([] {
    coir::promise<int> first;
    coir::promise<std::string> second;
    auto a = first.get_future();
    auto b = second.get_future();
    first.set_value(1);
    second.set_value("b");
    EXPECT_EQ(coir::gather(a, b), std::tuple(1, std::string("b")));
    EXPECT_EQ(coir::timeout(1h, a), 1);
    auto task = coir::spawn([] { return 3; });
    EXPECT_EQ(coir::wait({&a, &b, &task}).done.size(), 3u);
  });
}

TEST_P(FutureOn, ACancelledGatherCancelsItsFutures) {
  in_run([] {
    coir::promise<int> done, pending;
    done.set_value(1);
    auto gatherer = coir::spawn(
        [a = done.get_future(), b = pending.get_future()]() mutable { coir::gather(a, b); });
    await_parked(gatherer);
    gatherer.cancel();
    EXPECT_THROW(gatherer.get(), coir::cancelled);
    EXPECT_FALSE(done.cancelled());
    EXPECT_TRUE(pending.cancelled());
  });
}

TEST_P(FutureOnAny, FUT_07_AFutureNamedTwiceIsNamedOnce) {
  in_run([] {
    coir::promise<int> promise;
    promise.set_value(1);
    std::vector<coir::future<int>> const futures(2, promise.get_future());
    EXPECT_EQ(coir::wait(futures).done, std::vector<std::size_t>{0});
    int given = 0;
    for (auto [index, future] : coir::as_completed(futures)) {
      EXPECT_EQ(index, 0u);
      ++given;
    }
    EXPECT_EQ(given, 1);
  });
}

TEST_P(FutureOn, FUT_08_SettledFuturesComeEvenWithoutTimeAndTheErrorCountsTheOthers) {
  in_run([] {
    std::vector<coir::promise<int>> promises(3);
    std::vector<coir::future<int>> futures;
    for (auto& each : promises) futures.push_back(each.get_future());
    promises[1].set_value(1);
    auto ends = coir::as_completed(futures, 0s);
    auto const first = ends.next();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->index, 1u);
    try {
      ends.next();
      ADD_FAILURE() << "nothing was thrown";
    } catch (coir::timeout_error const& e) {
      EXPECT_STREQ(e.what(), "timed out: 2 of 3 tasks have not ended");
    }
  });
}

// --- Threads that come at the same time ---

TEST_P(FutureOn, APlainThreadSettlesWhatATaskWaitsFor) {
  coir::promise<int> question, answer;
  std::thread other([&] { answer.set_value(question.get_future().get() + 1); });
  in_run([&] {
    question.set_value(41);
    EXPECT_EQ(answer.get_future().get(), 42);
  });
  other.join();
}

TEST(FutureOnThreads, FUT_06_NoFutureIsMissedWhileAWaitRegisters) {
  for (int round = 0; round < rounds / 20; ++round) {
    std::vector<coir::promise<int>> promises(100);
    std::vector<coir::future<int>> futures;
    for (auto& each : promises) futures.push_back(each.get_future());
    std::atomic<bool> go = false;
    std::thread setter([&] {
      while (!go) std::this_thread::yield();
      for (auto& each : promises) each.set_value(1);
    });
    go = true;
    EXPECT_EQ(coir::wait(futures).done.size(), futures.size());
    setter.join();
  }
}

TEST(FutureOnThreads, OneOfManyWhoComeAtTheSameTimeWins) {
  for (int round = 0; round < rounds; ++round) {
    coir::promise<int> promise;
    auto future = promise.get_future();
    std::atomic<int> waiting = 3, won = 0, callbacks = 0;
    future.on_done([&] { ++callbacks; });
    auto const meet = [&] {
      --waiting;
      while (waiting > 0) std::this_thread::yield();
    };
    int winner = 0;
    std::thread first([&] {
      meet();
      if (promise.try_set_value(1)) ++won, winner = 1;
    });
    std::thread second([&, mine = promise.get_future()] {
      meet();
      if (mine.cancel()) ++won, winner = 2;
    });
    meet();
    int got = 2;
    try {
      got = future.get();
    } catch (coir::cancelled const&) {
    }
    first.join();
    second.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(got, winner);
    EXPECT_EQ(callbacks, 1);
  }
}

TEST(FutureOnThreads, WhoWaitsMayDestroyThePromiseThatWakesIt) {
  for (int round = 0; round < rounds; ++round) {
    auto promise = std::make_unique<coir::promise<int>>();
    auto future = promise->get_future();
    std::thread setter([at = promise.get()] { at->set_value(1); });
    EXPECT_EQ(future.get(), 1);
    promise.reset();
    setter.join();
  }
}

}  // namespace
}  // namespace contract
