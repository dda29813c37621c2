// SPDX-License-Identifier: BSL-1.0
/// Select when something can happen at once: who wins, what the losers keep, what comes back.

#include <array>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "contract/models.hpp"

namespace contract {
namespace {

class SelectOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SelectOnAny, all_models, model_name);

/// A queue with `items` in it.
coir::queue<int> queue_of(std::initializer_list<int> items) {
  coir::queue<int> q;
  for (int each : items) q.put(each);
  return q;
}

/// A queue without room.
coir::queue<int> full_queue() {
  coir::queue<int> q(1);
  q.put(0);
  return q;
}

TEST_P(SelectOnAny, AnItemThatIsThereIsGotAndTheOthersAreLeftAlone) {
  in_run([] {
    auto const empty = queue_of({});
    auto const ready = queue_of({1, 2});
    auto const full = full_queue();
    coir::event never_set;
    int got = 0;
    auto const wrong = [](auto&&...) { ADD_FAILURE(); };
    std::size_t const winner = coir::select(
        coir::on_get(empty, wrong), coir::on_get(ready, [&](int item) { got = item; }),
        coir::on_put(full, 7, wrong), coir::on_set(never_set, wrong), coir::after(1h, wrong));
    EXPECT_EQ(winner, 1u);
    EXPECT_EQ(got, 1);
    EXPECT_EQ(ready.size(), 1u);
    EXPECT_EQ(full.size(), 1u);
    EXPECT_EQ(empty.statistics().waiting_getters, 0u);
    EXPECT_EQ(full.statistics().waiting_putters, 0u);
  });
}

TEST_P(SelectOnAny, AnItemIsPutWhereThereIsRoom) {
  in_run([] {
    auto const full = full_queue();
    coir::queue<int> roomy(1);
    EXPECT_EQ(coir::select(coir::on_put(full, 1), coir::on_put(roomy, 2)), 1u);
    EXPECT_EQ(roomy.get(), 2);
    EXPECT_EQ(full.get(), 0);
    EXPECT_EQ(full.size(), 0u);
    EXPECT_THROW(
        {
          roomy.task_done();
          roomy.task_done();
        },
        std::logic_error);  // one put, one thing to be done
  });
}

TEST_P(SelectOnAny, WhatIsNotPutStaysWithTheCaller) {
  in_run([] {
    coir::queue<std::unique_ptr<int>> full(1);
    full.put(std::make_unique<int>(0));
    coir::queue<std::unique_ptr<int>> roomy;
    auto loser = std::make_unique<int>(1);
    auto winner = std::make_unique<int>(2);
    EXPECT_EQ(
        coir::select(coir::on_put(full, std::move(loser)), coir::on_put(roomy, std::move(winner))),
        1u);
    ASSERT_NE(loser, nullptr);
    EXPECT_EQ(*loser, 1);
    EXPECT_EQ(winner, nullptr);
    EXPECT_EQ(*roomy.get(), 2);
  });
}

TEST_P(SelectOnAny, AnLvalueIsCopiedAndKept) {
  in_run([] {
    coir::queue<std::string> q;
    std::string const text = "a text that is too long to lie in the string itself";
    EXPECT_EQ(coir::select(coir::on_put(q, text)), 0u);
    EXPECT_EQ(q.get(), text);
  });
}

TEST_P(SelectOnAny, AnEventThatIsSetWins) {
  in_run([] {
    coir::event set;
    set.set();
    auto const empty = queue_of({});
    EXPECT_EQ(coir::select(coir::on_get(empty, [](int) {}), coir::on_set(set)), 1u);
    EXPECT_TRUE(set.is_set());
  });
}

TEST_P(SelectOnAny, ATaskThatHasEndedWins) {
  in_run([] {
    auto const failed = coir::spawn([]() -> int { throw std::runtime_error("x"); });
    failed.join();
    auto const empty = queue_of({});
    bool told = false;
    EXPECT_EQ(coir::select(coir::on_get(empty, [](int) {}),
                           coir::on_end(failed, [&] { told = failed.exception() != nullptr; })),
              1u);
    EXPECT_TRUE(told);
  });
}

TEST_P(SelectOnAny, OtherwiseComesWhenNothingCanHappen) {
  in_run([] {
    auto const q = queue_of({});
    auto const look = [&] {
      return coir::select(coir::on_get(q, [](int) { return "item"; }),
                          coir::otherwise([] { return "nothing"; }));
    };
    EXPECT_STREQ(look(), "nothing");
    q.put(1);
    EXPECT_STREQ(look(), "item");
    EXPECT_STREQ(look(), "nothing");
  });
}

// T2: no time is one try
TEST_P(SelectOnAny, WhatCanHappenGoesBeforeADeadlineThatHasCome) {
  in_run([] {
    auto const q = queue_of({1});
    for (auto const delay : {0s, -1s}) {
      EXPECT_EQ(coir::select(coir::after(delay), coir::on_get(q, [](int) {})), 1u);
      EXPECT_EQ(coir::select(coir::after(delay), coir::on_get(q, [](int) {})), 0u);
      q.put(1);
    }
  });
}

TEST_P(SelectOnAny, TheEarliestDeadlineCountsAndIsNotEarly) {
  in_run([] {
    auto const start = coir::now();
    auto const empty = queue_of({});
    EXPECT_EQ(coir::select(coir::after(1h), coir::after(start + 2ms),
                           coir::on_get(empty, [](int) {}), coir::after(2h)),
              1u);
    EXPECT_GE(coir::now() - start, 2ms);
    EXPECT_EQ(empty.statistics().waiting_getters, 0u);
  });
}

TEST_P(SelectOnAny, EveryOrderOfQueueCanBeSelected) {
  in_run([] {
    coir::lifo_queue<int> last;
    coir::priority_queue<int> smallest;
    for (int each : {2, 1, 3}) {
      coir::select(coir::on_put(last, each));
      coir::select(coir::on_put(smallest, each));
    }
    EXPECT_EQ(coir::select(coir::on_get(last)), 3);
    EXPECT_EQ(coir::select(coir::on_get(smallest)), 1);
    EXPECT_EQ(coir::select(coir::on_get(smallest)), 2);
    EXPECT_EQ(coir::select(coir::on_get(last)), 1);
  });
}

TEST_P(SelectOnAny, InALoopEveryoneThatIsReadyHasHisTurn) {
  in_run([] {
    constexpr int rounds = 300;
    std::array<int, 3> wins{};
    coir::event set;
    set.set();
    auto const full = queue_of({});
    for (int i = 0; i < rounds; ++i) full.put(i);
    coir::queue<int> roomy;
    for (int i = 0; i < rounds; ++i)
      ++wins[coir::select(coir::on_set(set), coir::on_get(full, [](int) {}),
                          coir::on_put(roomy, i))];
    for (int each : wins) EXPECT_GE(each, rounds / 4);
  });
}

TEST_P(SelectOnAny, ATaskDoesNotGetFromItself) {
  in_run([] {
    coir::rendezvous<int> r;
    int const mine = 1;
    EXPECT_EQ(coir::select(coir::on_put(r, mine), coir::on_get(r, [](int) {}), coir::after(1ms)),
              2u);
    auto const stats = r.statistics();
    EXPECT_EQ(stats.waiting_getters + stats.waiting_putters, 0u);
    EXPECT_EQ(stats.unfinished, 0u);
  });
}

TEST(SelectOutsideOfARun, APlainThreadSelectsToo) {
  auto const q = queue_of({1});
  EXPECT_EQ(coir::select(coir::on_get(q)), 1);
  EXPECT_EQ(coir::select(coir::on_get(q, [](int) {}), coir::after(1ms)), 1u);
}

}  // namespace
}  // namespace contract
