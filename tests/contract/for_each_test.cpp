// SPDX-License-Identifier: BSL-1.0
/// for_each on every model: each item once, so many at a time, and a group's way with failures.

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class ForEachOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, ForEachOnAny, all_models, model_name);

class ForEachOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, ForEachOn, concurrent_models, model_name);

using ForEachInVirtualTime = virtual_run;

// G2
TEST_P(ForEachOnAny, EachItemIsWorkedOnOnceWhereItLies) {
  in_run([] {
    std::vector<int> items(100);
    coir::for_each(items, 3, [](int& item) {
      coir::yield();
      ++item;
    });
    EXPECT_EQ(items, std::vector<int>(100, 1));
    coir::for_each(std::vector<int>(), 1, [](int) { ADD_FAILURE(); });
  });
}

// G2
TEST_P(ForEachOn, NoMoreThanTheLimitRunAtATime) {
  in_run([] {
    std::atomic<int> inside = 0;
    std::atomic<int> most = 0;
    coir::for_each(numbers(30), 3, [&](int) {
      int const now = ++inside;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      coir::yield();
      --inside;
    });
    EXPECT_LE(most, 3);
    EXPECT_EQ(inside, 0);
  });
}

// G2: and so many do
TEST_F(ForEachInVirtualTime, ALimitOfTwoHalvesTheTime) {
  in_run([&] {
    std::vector<int> order;
    coir::for_each(numbers(6), 2, [&](int item) {
      order.push_back(item);
      coir::sleep_for(1h);
    });
    EXPECT_EQ(elapsed(), 3h);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  });
}

// G2
TEST_P(ForEachOnAny, TheFirstFailureStopsTheRest) {
  in_run([] {
    std::atomic<int> begun = 0;
    coir::exception_group const errors = failure_of([&] {
      coir::for_each(numbers(1000), 1, [&](int item) {
        ++begun;
        if (item == 4) throw std::out_of_range("four");
      });
    });
    EXPECT_STREQ(errors.what(), "1 failure: four");
    EXPECT_EQ(begun, 5);
  });
}

// G2
TEST_P(ForEachOn, AFailureCancelsThoseThatRun) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::semaphore parked(0, 2);
    coir::exception_group const errors = failure_of([&] {
      coir::for_each(numbers(1000), 3, [&](int item) {
        if (item < 2) {
          parked.release();
          wait_for_cancel(cancelled);
        }
        parked.acquire();
        parked.acquire();
        throw std::out_of_range("mine");
      });
    });
    EXPECT_EQ(errors.errors().size(), 1u);
    EXPECT_EQ(cancelled, 2);
    coir::yield();
  });
}

// G2: a call that was merely cancelled has not failed, and gives its place to the next
TEST_P(ForEachOn, ACancelledCallMakesRoomForTheNext) {
  in_run([] {
    auto victim = coir::spawn([] { coir::event().wait(); });
    victim.cancel();
    victim.join();
    std::atomic<int> done = 0;
    coir::for_each(numbers(4), 1, [&](int item) {
      if (item % 2 == 0) victim.get();
      ++done;
    });
    EXPECT_EQ(done, 2);
  });
}

// C8
TEST_P(ForEachOn, ACancelOfTheCallerEndsAll) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::semaphore begun(0, 2);
    auto caller = coir::spawn([&] {
      coir::for_each(numbers(1000), 2, [&](int) {
        begun.release();
        wait_for_cancel(cancelled);
      });
    });
    begun.acquire();
    begun.acquire();
    caller.cancel();
    EXPECT_THROW(caller.get(), coir::cancelled);
    EXPECT_EQ(cancelled, 2);
  });
}

// G2: an item that the range does not keep travels with its task
TEST_P(ForEachOnAny, ItemsOfAStreamTravelWithTheirTasks) {
  in_run([] {
    struct stream {
      std::istringstream text{"1 2 3 4"};
      auto begin() { return std::istream_iterator<int>(text); }
      auto end() { return std::istream_iterator<int>(); }
    };
    std::atomic<int> sum = 0;
    coir::for_each(stream(), 4, [&](int item) {
      coir::yield();
      sum += item;
    });
    EXPECT_EQ(sum, 10);
    std::atomic<int> total = 0;
    made_range boxes{4, [](int n) { return std::make_unique<int>(n); }};
    coir::for_each(boxes, 2, [&](std::unique_ptr<int> box) { total += *box; });
    EXPECT_EQ(total, 6);
  });
}

// G2: a range may fail too
TEST_P(ForEachOnAny, AFailureOfTheRangeIsAFailureOfTheGroup) {
  in_run([] {
    auto items =
        made_range{1000, [](int n) { return n < 2 ? n : throw std::out_of_range("the range"); }};
    std::atomic<int> done = 0;
    coir::exception_group const errors =
        failure_of([&] { coir::for_each(items, 1, [&](int) { ++done; }); });
    EXPECT_STREQ(errors.what(), "1 failure: the range");
    EXPECT_LE(done, 2);
    EXPECT_THROW(coir::for_each(items, 0, [](int) {}), std::invalid_argument);
  });
}

}  // namespace
}  // namespace contract
