// SPDX-License-Identifier: BSL-1.0
/// What comes out of a select: results, shutdowns, exceptions.

#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "contract/models.hpp"

namespace contract {
namespace {

class SelectResultOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SelectResultOnAny, all_models, model_name);

class SelectResultOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SelectResultOn, concurrent_models, model_name);

/// A queue with `items` in it.
coir::queue<int> queue_of(std::initializer_list<int> items) {
  coir::queue<int> q;
  for (int each : items) q.put(each);
  return q;
}

TEST_P(SelectResultOnAny, TheResultTellsWhoHasWon) {
  in_run([] {
    auto const numbers = queue_of({1, 2, 3});
    auto const none = queue_of({});
    coir::queue<std::unique_ptr<int>> owned;
    owned.put(std::make_unique<int>(4));

    auto const places = [&] { return coir::select(coir::on_get(numbers, [](int) {})); };
    static_assert(std::is_same_v<decltype(places()), std::size_t>);
    EXPECT_EQ(places(), 0u);

    auto const same = [&] { return coir::select(coir::on_get(none), coir::on_get(numbers)); };
    static_assert(std::is_same_v<decltype(same()), int>);
    EXPECT_EQ(same(), 2);

    auto const mixed = [&] {
      return coir::select(coir::after(1h), coir::on_get(owned), coir::on_get(none));
    };
    static_assert(
        std::is_same_v<decltype(mixed()), std::variant<std::monostate, std::unique_ptr<int>, int>>);
    auto const result = mixed();
    ASSERT_EQ(result.index(), 1u);
    EXPECT_EQ(*std::get<1>(result), 4);
    EXPECT_EQ(coir::select(coir::after(0s), coir::on_get(owned)).index(), 0u);
  });
}

// Q2
TEST_P(SelectResultOnAny, AQueueThatIsShutDownThrowsAndTheValuesComeBack) {
  in_run([] {
    coir::queue<std::unique_ptr<int>> down;
    down.shutdown();
    auto const empty = queue_of({});
    EXPECT_THROW(coir::select(coir::on_get(empty, [](int) {}), coir::on_get(down, [](auto) {})),
                 coir::queue_shut_down);
    auto item = std::make_unique<int>(1);
    EXPECT_THROW(coir::select(coir::on_put(down, std::move(item)), coir::after(1h)),
                 coir::queue_shut_down);
    ASSERT_NE(item, nullptr);
    EXPECT_EQ(*item, 1);
  });
}

// Q2
TEST_P(SelectResultOnAny, AHandlerTakesTheShutdownAfterTheLastItem) {
  in_run([] {
    auto const q = queue_of({1, 2});
    q.shutdown();
    std::vector<int> seen;
    bool open = true;
    while (open)
      coir::select(coir::on_get(
          q, [&](int item) { seen.push_back(item); }, [&] { open = false; }));
    EXPECT_EQ(seen, (std::vector{1, 2}));
    bool refused = false;
    coir::select(coir::on_put(
        q, 3, [] { ADD_FAILURE(); }, [&] { refused = true; }));
    EXPECT_TRUE(refused);
  });
}

TEST_P(SelectResultOnAny, WhatAComparisonThrowsComesOutAndNothingIsLost) {
  in_run([] {
    bool fails = true;
    auto const compare = [&](int a, int b) {
      if (fails) throw std::runtime_error("not comparable");
      return a < b;
    };
    coir::priority_queue<int, decltype(compare)> q(0, compare);
    for (int each : {2, 1}) q.put(each);
    coir::queue<std::unique_ptr<int>> full(1);
    full.put(nullptr);
    auto mine = std::make_unique<int>(1);
    EXPECT_THROW(coir::select(coir::on_put(full, std::move(mine)), coir::on_get(q, [](int) {})),
                 std::runtime_error);
    EXPECT_NE(mine, nullptr);
    fails = false;
    EXPECT_EQ(coir::select(coir::on_get(q)), 1);
    EXPECT_EQ(coir::select(coir::on_get(q)), 2);
  });
}

// C5
TEST_P(SelectResultOnAny, AnItemThatCannotBeMovedGoesBackToTheHead) {
  struct stubborn {
    explicit stubborn(int n) : number(n) {}
    stubborn(stubborn&& from) : number(from.number), fails(from.fails) {
      if (fails != nullptr && *fails) throw std::runtime_error("does not move");
    }
    int number;
    bool* fails = nullptr;
  };
  in_run([] {
    bool fails = false;
    coir::queue<stubborn> q;
    for (int i : {1, 2}) {
      stubborn item(i);
      item.fails = &fails;
      q.put(std::move(item));
    }
    fails = true;
    EXPECT_THROW(coir::select(coir::on_get(q, [](stubborn const&) { ADD_FAILURE(); })),
                 std::runtime_error);
    fails = false;
    EXPECT_EQ(q.size(), 2u);
    EXPECT_EQ(q.get().number, 1);
  });
}

// C4
TEST_P(SelectResultOnAny, IfALosersValueCannotComeBackWhatWasGotGoesBackToo) {
  struct one_way {
    one_way() = default;
    one_way(one_way&&) = default;
    one_way& operator=(one_way&&) { throw std::runtime_error("cannot be assigned"); }
  };
  in_run([] {
    auto const ready = queue_of({1, 2});
    coir::queue<one_way> full(1);
    full.put(one_way());
    one_way lent;
    EXPECT_THROW(coir::select(coir::on_put(full, std::move(lent)),
                              coir::on_get(ready, [](int) { ADD_FAILURE() << "it has not won"; })),
                 std::runtime_error);
    EXPECT_EQ(ready.size(), 2u);
    EXPECT_EQ(ready.get(), 1);
  });
}

TEST_P(SelectResultOnAny, WhatAHandlerThrowsComesOut) {
  in_run([] {
    auto const q = queue_of({1});
    EXPECT_THROW(coir::select(coir::on_get(q, [](int) { throw std::runtime_error("x"); })),
                 std::runtime_error);
    EXPECT_TRUE(q.empty());  // it was got
  });
}

TEST_P(SelectResultOnAny, AHandlerMaySelectOnTheSameQueues) {
  in_run([] {
    auto const q = queue_of({1, 2});
    int sum = 0;
    coir::select(coir::on_get(q, [&](int first) {
      coir::select(coir::on_get(q, [&](int second) { sum = 10 * first + second; }));
    }));
    EXPECT_EQ(sum, 12);
  });
}

// G1
TEST_P(SelectResultOn, ATaskCannotSelectItsOwnEnd) {
  in_run([] {
    coir::task<> self;
    coir::event named;
    self = coir::spawn([&] {
      named.wait();
      EXPECT_THROW(coir::select(coir::on_end(self)), std::logic_error);
    });
    named.set();
    self.get();
  });
}

TEST(SelectResultOnSerial, AWaitThatCannotEndIsADeadlockAndTheValueComesBack) {
  coir::run({.model = coir::model::serial}, [] {
    coir::queue<std::unique_ptr<int>> full(1);
    full.put(nullptr);
    auto item = std::make_unique<int>(1);
    EXPECT_THROW(coir::select(coir::on_put(full, std::move(item))), coir::deadlock);
    EXPECT_NE(item, nullptr);
    EXPECT_EQ(full.statistics().waiting_putters, 0u);
  });
}

}  // namespace
}  // namespace contract
