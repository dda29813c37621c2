// SPDX-License-Identifier: BSL-1.0
/// Comparisons of a priority queue that throw, wait, or use it.

#include <functional>
#include <stdexcept>
#include <utility>

#include "contract/models.hpp"

namespace contract {
namespace {

class QueueCompareOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueCompareOnAny, all_models, model_name);

class QueueCompareOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueCompareOn, concurrent_models, model_name);

using compared = coir::priority_queue<int, std::function<bool(int, int)>>;

TEST_P(QueueCompareOnAny, QUE_23_AComparisonThatThrowsLeavesEveryItem) {
  in_run([] {
    bool broken = true;
    compared q(0, [&](int a, int b) {
      if (broken) throw std::runtime_error("cannot compare");
      return a < b;
    });
    for (int each : {3, 1, 2}) q.put(each);
    EXPECT_THROW(q.get(), std::runtime_error);
    EXPECT_THROW((void)q.try_get(), std::runtime_error);
    EXPECT_THROW((void)q.get_for(1h), std::runtime_error);
    EXPECT_EQ(q.size(), 3u);
    broken = false;
    for (int i = 1; i <= 3; ++i) EXPECT_EQ(q.get(), i);
  });
}

TEST_P(QueueCompareOnAny, QUE_22_AComparisonMayPutAndMustNotTake) {
  in_run([] {
    std::function<void()> inside;
    compared q(0, [&](int a, int b) {
      if (auto const once = std::exchange(inside, nullptr)) once();
      return a < b;
    });
    for (int each : {3, 2}) q.put(each);
    inside = [&] { q.put(1); };
    EXPECT_EQ(q.get(), 1);
    q.put(4);
    inside = [&] { (void)q.try_get(); };
    EXPECT_THROW(q.get(), std::logic_error);
    for (int i = 2; i <= 4; ++i) EXPECT_EQ(q.get(), i);
  });
}

TEST_P(QueueCompareOn, WhileAComparisonWaitsOthersPutAndTakersQueueUp) {
  in_run([] {
    coir::event comparing;
    coir::event go;
    compared q(0, [&](int a, int b) {
      comparing.set();
      go.wait();
      return a < b;
    });
    for (int each : {3, 2}) q.put(each);
    auto first = coir::spawn([&] { return q.get(); });
    comparing.wait();
    q.put(1);
    EXPECT_EQ(q.size(), 3u);
    auto second = coir::spawn([&] { return q.get(); });
    await_parked(second);
    go.set();
    int const sum = first.get() + second.get() + q.get();
    EXPECT_EQ(sum, 6);
  });
}

TEST_P(QueueCompareOn, AnImmediateShutdownDropsWhatIsBeingCompared) {
  in_run([] {
    coir::event comparing;
    coir::event go;
    compared q(0, [&](int a, int b) {
      comparing.set();
      go.wait();
      return a < b;
    });
    for (int each : {3, 2}) q.put(each);
    auto getter = coir::spawn([&] { return q.get(); });
    comparing.wait();
    q.shutdown(true);
    EXPECT_EQ(q.size(), 0u);
    q.join();
    go.set();
    EXPECT_THROW(getter.get(), coir::queue_shut_down);
  });
}

}  // namespace
}  // namespace contract
