// SPDX-License-Identifier: BSL-1.0
/// Generators: what is handed out, what is sent, on every model and on a plain thread.

#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "contract/generators.hpp"

namespace contract {
namespace {

class GeneratorOnAny : public everywhere_test {};
INSTANTIATE_TEST_SUITE_P(Models, GeneratorOnAny, all_models, model_name);

TEST_P(GeneratorOnAny, ALoopSeesEveryValueInOrder) {
  everywhere([] {
    std::vector<int> seen;
    for (int each : count_to(4)) seen.push_back(each);
    EXPECT_EQ(seen, (std::vector{1, 2, 3, 4}));
  });
}

TEST_P(GeneratorOnAny, NextGivesNothingOnceTheBodyHasEnded) {
  everywhere([] {
    auto numbers = count_to(2);
    EXPECT_EQ(numbers.next(), 1);
    EXPECT_EQ(numbers.next(), 2);
    EXPECT_EQ(numbers.next(), std::nullopt);
    EXPECT_EQ(numbers.next(), std::nullopt);
    numbers.close();
  });
}

TEST_P(GeneratorOnAny, TheBodyRunsOnlyWhenAValueIsWanted) {
  everywhere([] {
    std::string seen;
    coir::generator<int> steps([&](auto& yield) {
      seen += "a";
      yield(1);
      seen += "b";
      yield(2);
      seen += "c";
    });
    EXPECT_EQ(seen, "");
    steps.next();
    EXPECT_EQ(seen, "a");
    steps.next();
    EXPECT_EQ(seen, "ab");
    steps.next();
    EXPECT_EQ(seen, "abc");
  });
}

TEST_P(GeneratorOnAny, WhatIsSentIsWhatYieldReturns) {
  everywhere([] {
    coir::generator<int, int> doubling([](auto& yield) {
      int x = yield(0);
      while (x != 0) x = yield(2 * x);
    });
    EXPECT_EQ(doubling.next(), 0);
    EXPECT_EQ(doubling.send(3), 6);
    EXPECT_EQ(doubling.send(5), 10);
    EXPECT_EQ(doubling.next(), std::nullopt);  // it was sent an int{}
    EXPECT_EQ(doubling.send(1), std::nullopt);
  });
}

TEST_P(GeneratorOnAny, AnOptionalTellsNextFromSend) {
  everywhere([] {
    coir::generator<int, std::optional<int>> range([](auto& yield) {
      for (int at = 0; at < 5;) at += yield(at).value_or(1);
    });
    EXPECT_EQ(range.next(), 0);
    EXPECT_EQ(range.send(2), 2);
    EXPECT_EQ(range.next(), 3);
    EXPECT_EQ(range.send(-1), 2);
  });
}

TEST_P(GeneratorOnAny, ABodyThatIsNotBegunCannotBeSentAValue) {
  everywhere([] {
    coir::generator<int, int> echo([](auto& yield) {
      for (int x = 7;;) x = yield(x);
    });
    EXPECT_NE(misuse_of([&] { echo.send(1); }).find("before the first next()"), std::string::npos);
    EXPECT_EQ(echo.next(), 7);
    EXPECT_EQ(echo.send(1), 1);
  });
}

TEST_P(GeneratorOnAny, ValuesNeedNeitherCopiesNorDefaults) {
  struct no_default {
    explicit no_default(int n) : number(std::make_unique<int>(n)) {}
    std::unique_ptr<int> number;
  };
  everywhere([] {
    coir::generator<no_default, no_default> echo([](auto& yield) {
      for (int n = 0;;) n = *yield(no_default(n)).number + 1;
    });
    EXPECT_EQ(*echo.next()->number, 0);
    EXPECT_NE(misuse_of([&] { echo.next(); }).find("use send()"), std::string::npos);
    EXPECT_EQ(*echo.send(no_default(4))->number, 5);
  });
}

TEST_P(GeneratorOnAny, ReferencesAreHandedOutAndSentAsSuch) {
  everywhere([] {
    int first = 1, second = 2, sent = 3;
    coir::generator<int&, int&> both([&](auto& yield) {
      int& got = yield(first);
      EXPECT_EQ(&got, &sent);
      yield(second);
    });
    EXPECT_EQ(both.next(), &first);
    EXPECT_EQ(both.send(sent), &second);
    EXPECT_EQ(both.send(sent), nullptr);

    std::vector<int> numbers{1, 2, 3};
    coir::generator<int&> each([&](auto& yield) {
      for (int& n : numbers) yield(n);
    });
    for (int& n : each) n *= 2;
    EXPECT_EQ(numbers, (std::vector{2, 4, 6}));
  });
}

TEST_P(GeneratorOnAny, AValueThatCannotMoveIsSeenInPlace) {
  struct pinned {
    explicit pinned(int n) : number(n) {}
    pinned(pinned&&) = delete;
    int number;
  };
  everywhere([] {
    coir::generator<pinned> three([](auto& yield) {
      for (int i = 1; i <= 3; ++i) yield(pinned(i));
    });
    int sum = 0;
    for (pinned const& each : three) sum += each.number;
    EXPECT_EQ(sum, 6);
  });
}

#if !defined(__clang__) || __clang_major__ >= 16  // older ones cannot read libstdc++'s adaptors
TEST_P(GeneratorOnAny, ARangeAdaptorTakesIt) {
  everywhere([] {
    std::vector<int> seen;
    for (int each : count_to(6) | std::views::filter([](int n) { return n % 2 == 0; }))
      seen.push_back(each);
    EXPECT_EQ(seen, (std::vector{2, 4, 6}));
  });
}
#endif

void climb(coir::yielder<int>& yield, int storeys) {
  if (storeys > 0) climb(yield, storeys - 1);
  yield(storeys);
}

TEST_P(GeneratorOnAny, DelegationIsACall) {
  everywhere([] {
    std::vector<int> seen;
    for (int each : coir::generator<int>([](auto& yield) { climb(yield, 3); }))
      seen.push_back(each);
    EXPECT_EQ(seen, (std::vector{0, 1, 2, 3}));
  });
}

TEST_P(GeneratorOnAny, ABodyMayDriveOthers) {
  everywhere([] {
    coir::generator<int> sums([](auto& yield) {
      int sum = 0;
      for (int each : count_to(4)) yield(sum += each);
    });
    std::vector<int> seen;
    for (int each : sums) seen.push_back(each);
    EXPECT_EQ(seen, (std::vector{1, 3, 6, 10}));
  });
}

TEST_P(GeneratorOnAny, MovingItMovesTheBody) {
  everywhere([] {
    auto numbers = count_to(3);
    numbers.next();
    auto moved = std::move(numbers);
    EXPECT_EQ(moved.next(), 2);
    moved = count_to(9);
    EXPECT_EQ(moved.next(), 1);
  });
}

}  // namespace
}  // namespace contract
