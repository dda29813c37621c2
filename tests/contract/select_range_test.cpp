// SPDX-License-Identifier: BSL-1.0
/// Selects whose possibilities are known only at run time: ranges of queues, closed cases, futures.

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

#include "contract/models.hpp"

namespace contract {
namespace {

class SelectRangeOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SelectRangeOnAny, all_models, model_name);

class SelectRangeOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SelectRangeOn, concurrent_models, model_name);

using queues = std::vector<coir::queue<int>>;
using placed = std::pair<std::size_t, int>;

/// `count` queues of their own. (A vector's copies of one handle would share one queue.)
queues make_queues(std::size_t count) {
  queues made;
  for (std::size_t i = 0; i < count; ++i) made.emplace_back();
  return made;
}

TEST_P(SelectRangeOnAny, AnItemOfAnyOfManyQueuesIsGotWithItsPlace) {
  in_run([] {
    queues const all = make_queues(100);
    all[97].put(7);
    EXPECT_EQ(coir::select(coir::on_get_any(all)), placed(97, 7));
    EXPECT_EQ(coir::select(coir::on_get_any(all), coir::otherwise()).index(), 1u);
    for (auto const& each : all) EXPECT_EQ(each.statistics().waiting_getters, 0u);
  });
}

TEST_P(SelectRangeOnAny, ARangeCountsAsOnePlaceBesideOthers) {
  in_run([] {
    queues const all = make_queues(3);
    coir::queue<int> before;
    coir::queue<int> after;
    auto const look = [&] {
      placed got;
      auto const note = [&](std::size_t place, int item) { got = {place, item}; };
      auto const note_one = [&](int item) { got = {99, item}; };
      std::size_t const winner =
          coir::select(coir::on_get(before, note_one), coir::on_get_any(all, note),
                       coir::on_get(after, note_one), coir::otherwise());
      return std::pair(winner, got);
    };
    after.put(1);
    EXPECT_EQ(look(), std::pair(std::size_t{2}, placed(99, 1)));
    before.put(2);
    EXPECT_EQ(look(), std::pair(std::size_t{0}, placed(99, 2)));
    all[2].put(3);
    EXPECT_EQ(look(), std::pair(std::size_t{1}, placed(2, 3)));
    EXPECT_EQ(look(), std::pair(std::size_t{3}, placed()));
  });
}

// Q2
TEST_P(SelectRangeOnAny, AShutdownInARangeTellsWhichQueue) {
  in_run([] {
    queues const all = make_queues(3);
    all[1].shutdown();
    EXPECT_THROW((void)coir::select(coir::on_get_any(all)), coir::queue_shut_down);
    std::size_t down = 0;
    coir::select(coir::on_get_any(
        all, [](std::size_t, int) { ADD_FAILURE(); }, [&](std::size_t place) { down = place; }));
    EXPECT_EQ(down, 1u);
  });
}

TEST_P(SelectRangeOnAny, NothingToWaitForIsALogicError) {
  in_run([] {
    queues const none;
    coir::queue<int> q;
    q.put(1);
    EXPECT_THROW((void)coir::select(coir::on_get_any(none)), std::logic_error);
    EXPECT_THROW(coir::select(coir::when(false, coir::on_get(q, [](int) {})),
                              coir::when(false, coir::otherwise())),
                 std::logic_error);
    EXPECT_EQ(q.size(), 1u);
  });
}

TEST_P(SelectRangeOnAny, WhatIsClosedNeverWinsAndKeepsItsPlace) {
  in_run([] {
    coir::queue<std::unique_ptr<int>> roomy;
    queues const all = make_queues(2);
    all[0].put(1);
    auto mine = std::make_unique<int>(1);
    for (int i = 0; i < 10; ++i)
      EXPECT_EQ(
          coir::select(coir::when(false, coir::on_put(roomy, std::move(mine))),
                       coir::when(false, coir::on_get_any(all, [](std::size_t, int) {})),
                       coir::when(false, coir::after(-1s)), coir::when(true, coir::after(0s))),
          3u);
    EXPECT_NE(mine, nullptr);
    EXPECT_TRUE(roomy.empty());
    EXPECT_EQ(all[0].size(), 1u);
  });
}

TEST_P(SelectRangeOn, QueuesAreMergedUntilAllAreShutDown) {
  in_run([] {
    std::array<coir::queue<int>, 2> from;
    auto producer = [](coir::queue<int> to, int first) {
      for (int i = first; i < 100; i += 2) to.put(i);
      to.shutdown();
    };
    auto const even = coir::spawn(producer, from[0], 0);
    auto const odd = coir::spawn(producer, from[1], 1);
    std::vector<int> next{0, 1};
    bool even_open = true, odd_open = true;
    auto const in_order = [&](int item) {
      EXPECT_EQ(item, std::exchange(next[static_cast<std::size_t>(item % 2)], item + 2));
    };
    while (even_open || odd_open)
      coir::select(
          coir::when(even_open, coir::on_get(from[0], in_order, [&] { even_open = false; })),
          coir::when(odd_open, coir::on_get(from[1], in_order, [&] { odd_open = false; })));
    EXPECT_EQ(next, (std::vector{100, 101}));
  });
}

TEST_P(SelectRangeOn, ARangeWaits) {
  in_run([] {
    queues const all = make_queues(20);
    auto waiter = coir::spawn([&] { return coir::select(coir::on_get_any(all)); });
    await_parked(waiter);
    all[13].put(1);
    all[4].put(2);
    EXPECT_EQ(waiter.get(), placed(13, 1));
    EXPECT_EQ(coir::select(coir::on_get_any(all)), placed(4, 2));
    auto const cancelled = coir::spawn([&] { (void)coir::select(coir::on_get_any(all)); });
    await_parked(cancelled);
    cancelled.cancel();
    cancelled.join();
    for (auto const& each : all) EXPECT_EQ(each.statistics().waiting_getters, 0u);
  });
}

TEST_P(SelectRangeOn, AFutureIsSelectedAsATaskIs) {
  in_run([] {
    coir::promise<int> promised;
    coir::queue<int> q;
    auto answer = promised.get_future();
    auto waiter = coir::spawn([&] {
      return coir::select(coir::on_get(q), coir::on_end(answer, [&] { return answer.get(); }));
    });
    await_parked(waiter);
    promised.set_value(7);
    EXPECT_EQ(waiter.get(), 7);
    EXPECT_EQ(coir::select(coir::on_get(q, [](int) {}), coir::on_end(answer), coir::otherwise()),
              1u);
  });
}

// done() is true from the first callback on, and a select sees the same
TEST_P(SelectRangeOn, AFutureCanBeSelectedInItsOwnCallback) {
  in_run([] {
    coir::promise<int> promised;
    auto answer = promised.get_future();
    std::size_t winner = 99;
    answer.on_done([&] { winner = coir::select(coir::on_end(answer), coir::otherwise()); });
    promised.set_value(7);
    EXPECT_EQ(winner, 0u);
  });
}

}  // namespace
}  // namespace contract
