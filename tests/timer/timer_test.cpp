// SPDX-License-Identifier: BSL-1.0
/// Timers fire in order, leave no trace when cancelled, and grow as the logarithm.

#include <coir/timer/timer.hpp>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace coir::detail {
namespace {

struct recording_timer : timer {
  recording_timer(int which_, std::vector<int>& fired_)
      : timer([](timer& self) noexcept {
          auto& own = static_cast<recording_timer&>(self);
          own.fired.push_back(own.which);
        }),
        which(which_),
        fired(fired_) {}
  int which;
  std::vector<int>& fired;
};

time_point at(int t) { return time_point(std::chrono::nanoseconds(t)); }

TEST(TimerQueueTest, FiresByDeadlineThenInTheOrderSet) {
  timer_queue queue;
  std::vector<int> fired;
  std::deque<recording_timer> timers;
  for (int i = 0; i < 6; ++i) timers.emplace_back(i, fired);
  queue.set(timers[0], at(20));
  queue.set(timers[1], at(10));
  queue.set(timers[2], at(20));
  queue.set(timers[3], at(10));
  queue.set(timers[4], at(10));
  queue.set(timers[5], at(30));
  EXPECT_EQ(queue.earliest(), at(10));
  EXPECT_TRUE(queue.fire_due(at(20)));
  EXPECT_EQ(fired, (std::vector<int>{1, 3, 4, 0, 2}));
  EXPECT_FALSE(queue.fire_due(at(29)));
  EXPECT_EQ(queue.size(), 1u);
  queue.cancel(timers[5]);
}

TEST(TimerQueueTest, CancelledTimersAreGoneAtOnce) {
  timer_queue queue;
  std::vector<int> fired;
  std::deque<recording_timer> timers;
  for (int i = 0; i < 1000; ++i)
    queue.set(timers.emplace_back(i, fired), at(1'000'000 + i * 7919 % 1000));
  for (auto& each : timers) queue.cancel(each);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.earliest(), never);
  queue.cancel(timers.front());  // a second time: nothing
}

TEST(TimerQueueTest, RandomSetsAndCancelsKeepTheOrder) {
  std::mt19937 random(12345);
  timer_queue queue;
  std::vector<int> fired;
  std::deque<recording_timer> timers;
  std::vector<std::pair<int, int>> expected;  // deadline, which
  for (int i = 0; i < 5000; ++i) {
    int const when = static_cast<int>(random() % 500);
    queue.set(timers.emplace_back(i, fired), at(when));
    if (random() % 3 == 0) {
      queue.cancel(timers.back());
    } else {
      expected.emplace_back(when, i);
    }
  }
  std::stable_sort(expected.begin(), expected.end(),
                   [](auto& a, auto& b) { return a.first < b.first; });
  for (int t = 0; t < 500; t += 9) queue.fire_due(at(t));
  queue.fire_due(at(500));
  ASSERT_EQ(fired.size(), expected.size());
  for (std::size_t i = 0; i < fired.size(); ++i) ASSERT_EQ(fired[i], expected[i].second);
}

TEST(TimerQueueTest, ATimerThatSetsItselfAnewDoesNotHoldTheLoop) {
  struct again : timer {
    explicit again(timer_queue& in)
        : timer([](timer& self) noexcept {
            auto& own = static_cast<again&>(self);
            if (++own.times < 3) own.queue.set(own, at(0));
          }),
          queue(in) {}
    timer_queue& queue;
    int times = 0;
  };
  timer_queue queue;
  again one(queue);
  queue.set(one, at(0));
  queue.fire_due(at(5));
  EXPECT_EQ(one.times, 1);
  queue.fire_due(at(5));
  queue.fire_due(at(5));
  EXPECT_EQ(one.times, 3);
}

}  // namespace
}  // namespace coir::detail
