// SPDX-License-Identifier: BSL-1.0
/// Selects in line with others, and with each other.

#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "contract/models.hpp"

namespace contract {
namespace {

class SelectMeetOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SelectMeetOn, concurrent_models, model_name);

template <class Queue>
std::size_t waiting_in(Queue const& q) {
  auto const stats = q.statistics();
  return stats.waiting_getters + stats.waiting_putters;
}

void unwanted(int) { ADD_FAILURE() << "it got what it should not"; }

// Q1: selects and plain getters stand in one line
TEST_P(SelectMeetOn, ItKeepsItsPlaceInEachLine) {
  in_run([] {
    coir::queue<int> q;
    coir::queue<int> other;
    auto const plain = [&] { return q.get(); };
    auto const selecting = [&] { return coir::select(coir::on_get(other), coir::on_get(q)); };
    std::vector<coir::task<int>> line;
    for (int i = 0; i < 4; ++i) {
      line.push_back(i % 2 == 0 ? coir::spawn(plain) : coir::spawn(selecting));
      await_parked(line.back());
    }
    for (int i = 0; i < 4; ++i) q.put(i);
    EXPECT_EQ(q.try_get(), std::nullopt);  // all were handed over
    for (int i = 0; i < 4; ++i) EXPECT_EQ(line[static_cast<std::size_t>(i)].get(), i);
  });
}

// Q1
TEST_P(SelectMeetOn, TryGetDoesNotStealWhatItWasHanded) {
  in_run([] {
    coir::queue<int> q;
    coir::event never_set;
    auto waiter = coir::spawn([&] {
      int got = 0;
      coir::select(coir::on_set(never_set), coir::on_get(q, [&](int item) { got = item; }));
      return got;
    });
    await_parked(waiter);
    EXPECT_TRUE(q.try_put(7));
    EXPECT_EQ(q.try_get(), std::nullopt);
    EXPECT_EQ(waiter.get(), 7);
  });
}

TEST_P(SelectMeetOn, OneQueueMayStandInSeveralPlaces) {
  in_run([] {
    coir::rendezvous<int> r;
    int const mine = 1;
    auto const trade = [&] {
      return coir::select(coir::on_get(r, [](int item) { return item; }),
                          coir::on_put(r, mine, [] { return -1; }),
                          coir::on_get(r, [](int item) { return item; }));
    };
    auto taker = coir::spawn(trade);
    await_parked(taker);
    r.put(5);
    EXPECT_EQ(taker.get(), 5);
    auto giver = coir::spawn(trade);
    await_parked(giver);
    EXPECT_EQ(r.get(), 1);
    EXPECT_EQ(giver.get(), -1);
    EXPECT_EQ(waiting_in(r), 0u);
  });
}

TEST_P(SelectMeetOn, TwoSelectsMeet) {
  in_run([] {
    coir::rendezvous<int> there;
    coir::rendezvous<int> back;
    auto const trader = [](auto put_to, auto get_from, int item) {
      return [=] {
        return coir::select(coir::on_put(put_to, item, [] { return 0; }), coir::on_get(get_from));
      };
    };
    for (int i = 1; i <= 50; ++i) {
      // Each can put to the other and get from it; exactly one of the two things happens.
      auto first = coir::spawn(trader(there, back, i));
      auto second = coir::spawn(trader(back, there, i));
      EXPECT_EQ(first.get() + second.get(), i);
    }
    EXPECT_EQ(waiting_in(there) + waiting_in(back), 0u);
  });
}

TEST_P(SelectMeetOn, AComparisonThatWaitsHoldsNobodyElseUp) {
  in_run([] {
    coir::event go_on;
    auto const compare = [&](int a, int b) {
      go_on.wait();
      return a < b;
    };
    coir::priority_queue<int, decltype(compare)> q(0, compare);
    coir::queue<int> other;
    for (int each : {3, 1, 2}) q.put(each);
    auto sorter = coir::spawn([&] { return coir::select(coir::on_get(q)); });
    await_parked(sorter);
    auto waiter = coir::spawn([&] { return coir::select(coir::on_get(q)); });
    await_parked(waiter);
    other.put(7);  // takes no lock that they hold
    EXPECT_EQ(other.get(), 7);
    go_on.set();
    EXPECT_EQ(sorter.get() + waiter.get(), 1 + 2);
    EXPECT_EQ(coir::select(coir::on_get(q)), 3);
  });
}

TEST_P(SelectMeetOn, APlainThreadAndATaskMeet) {
  coir::rendezvous<int> there;
  coir::rendezvous<int> back;
  std::thread outside([&] {
    for (int i = 0; i < 20; ++i)
      coir::select(coir::on_get(there, [&](int item) {
        EXPECT_EQ(coir::select(coir::on_put(back, item + 1), coir::on_get(there, unwanted)), 0u);
      }));
  });
  in_run([&] {
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(coir::select(coir::on_put(there, i), coir::on_get(back, unwanted)), 0u);
      EXPECT_EQ(coir::select(coir::on_get(back)), i + 1);
    }
  });
  outside.join();
}

/// Something like a task that ends just when the select has begun to wait; `meanwhile` runs then.
template <class F>
class ends_now final : public coir::detail::select_case {
 public:
  using result = int;
  explicit ends_now(F meanwhile) : meanwhile_(std::move(meanwhile)) {}
  bool attempt(coir::detail::wake_chain&) noexcept override { return false; }
  bool link_alone(coir::detail::task_core&) noexcept override {
    meanwhile_();
    return true;
  }
  static int finish() { return -1; }

 private:
  F meanwhile_;
};

TEST_P(SelectMeetOn, WhatHappensBeforeItIsParkedEndsTheWait) {
  in_run([] {
    coir::queue<int> q;
    EXPECT_EQ(coir::select(coir::on_get(q), ends_now([] {})), -1);
    q.put(1);  // nobody waits for it any more
    EXPECT_EQ(q.size(), 1u);
    EXPECT_EQ(q.get(), 1);
  });
}

TEST_P(SelectMeetOn, OnlyTheFirstOfTwoThatHappenBeforeItIsParkedWins) {
  in_run([] {
    coir::queue<int> q;
    auto const put = [&] { EXPECT_TRUE(q.try_put(7)); };
    EXPECT_EQ(coir::select(coir::on_get(q), ends_now(put)), 7);
    EXPECT_EQ(q.size(), 0u);
    coir::yield();  // no wake is left over
  });
}

// C5: what comes between the choice and the first step of the chosen
TEST(SelectMeetOnFibers, WhoWasChosenKeepsWhatItGotThoughCancelled) {
  coir::run([] {
    coir::queue<int> q;
    coir::event never_set;
    int got = 0;
    auto waiter = coir::spawn([&] {
      coir::select(coir::on_set(never_set), coir::on_get(q, [&](int item) { got = item; }));
      coir::this_task::checkpoint();
      ADD_FAILURE() << "the cancel was lost";
    });
    await_parked(waiter);
    q.put(1);
    waiter.cancel();
    EXPECT_THROW(waiter.get(), coir::cancelled);
    EXPECT_EQ(got, 1);
  });
}

TEST(SelectMeetOnFibers, WhoIsPassedOverInOneLineHasNotWonThere) {
  coir::run([] {
    coir::queue<std::unique_ptr<int>> one(1);
    coir::queue<std::unique_ptr<int>> two(1);
    one.put(nullptr);
    two.put(nullptr);
    coir::queue<int> empty;
    auto first = std::make_unique<int>(1);
    auto second = std::make_unique<int>(2);
    auto waiter = coir::spawn([&] {
      return coir::select(coir::on_put(one, std::move(first)), coir::on_put(two, std::move(second)),
                          coir::on_get(empty, unwanted));
    });
    await_parked(waiter);
    EXPECT_EQ(two.get(), nullptr);  // chooses it
    EXPECT_EQ(one.get(), nullptr);  // passes it over
    empty.put(7);                   // so does this
    EXPECT_EQ(waiter.get(), 1u);
    EXPECT_EQ(second, nullptr);
    EXPECT_EQ(*two.get(), 2);
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(*first, 1);
    EXPECT_TRUE(one.empty());
    EXPECT_EQ(empty.get(), 7);
  });
}

}  // namespace
}  // namespace contract
