// SPDX-License-Identifier: BSL-1.0
/// A generator's body waits as the task that drives it, in that task's scopes.

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "contract/generators.hpp"

namespace contract {
namespace {

class GeneratorWaitOnAny : public everywhere_test {};
INSTANTIATE_TEST_SUITE_P(Models, GeneratorWaitOnAny, all_models, model_name);

class GeneratorWaitOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, GeneratorWaitOn, concurrent_models, model_name);

class GeneratorInVirtualTime : public virtual_run {};

TEST_P(GeneratorWaitOnAny, ABodyMaySleep) {
  everywhere([] {
    coir::generator<int> ticker([](auto& yield) {
      for (int i = 0; i < 3; ++i) {
        coir::sleep_for(1us);
        yield(i);
      }
    });
    int sum = 0;
    for (int each : ticker) sum += each;
    EXPECT_EQ(sum, 3);
  });
}

TEST_P(GeneratorWaitOn, ABodyWaitsAsTheTaskThatDrivesIt) {
  in_run([] {
    coir::queue<int> items;
    coir::mutex lock;
    auto consumer = coir::spawn([&] {
      std::uint64_t const self = coir::this_task::id();
      coir::generator<int> doubled([&](auto& yield) {
        for (int each : items) {
          EXPECT_EQ(coir::this_task::id(), self);
          std::lock_guard<coir::mutex> const held(lock);
          coir::yield();
          yield(2 * each);
        }
      });
      int sum = 0;
      for (int each : doubled) sum += each;
      return sum;
    });
    for (int i = 1; i <= 10; ++i) {
      coir::yield();
      items.put(i);
    }
    items.shutdown();
    EXPECT_EQ(consumer.get(), 110);
  });
}

TEST_P(GeneratorWaitOn, ManyTasksEachDriveTheirOwn) {
  in_run([] {
    std::vector<coir::task<int>> tasks;
    for (int i = 0; i < 30; ++i)
      tasks.push_back(coir::spawn([i] {
        int sum = 0;
        coir::generator<int> steps([&](auto& yield) {
          for (int j = 0; j < 10; ++j) {
            coir::yield();
            yield(i * j);
          }
        });
        for (int each : steps) {
          sum += each;
          coir::yield();
        }
        return sum;
      }));
    for (int i = 0; i < 30; ++i) EXPECT_EQ(tasks[static_cast<std::size_t>(i)].get(), 45 * i);
  });
}

TEST_F(GeneratorInVirtualTime, TwoTickersTickSideBySide) {
  in_run([&] {
    auto const countdown = [](int from) {
      coir::generator<int> ticks([from](auto& yield) {
        for (int left = from; left > 0; --left) {
          yield(left);
          coir::sleep_for(1s);
        }
      });
      for (int each : ticks) (void)each;
    };
    coir::gather(coir::call(countdown, 2), coir::call(countdown, 3));
    EXPECT_EQ(elapsed(), 3s);
  });
}

TEST_P(GeneratorWaitOn, ACancelOfTheDriverIsThrownWhereTheBodyWaits) {
  in_run([] {
    bool seen = false;
    auto driver = coir::spawn([&] {
      coir::generator<int> waiting([&](auto& yield) {
        yield(1);
        try {
          coir::sleep_for(1h);
        } catch (coir::cancelled const&) {
          seen = true;
          throw;
        }
      });
      waiting.next();
      try {
        waiting.next();
      } catch (coir::cancelled const&) {
        EXPECT_EQ(waiting.next(), std::nullopt);
        throw;
      }
    });
    await_parked(driver);
    driver.cancel();
    driver.join();
    EXPECT_TRUE(driver.cancelled());
    EXPECT_TRUE(seen);
  });
}

TEST_P(GeneratorWaitOnAny, ATimeoutOfTheDriverReachesIntoTheBody) {
  everywhere([] {
    coir::generator<int> slow([](auto& yield) {
      coir::sleep_for(1h);
      yield(1);
    });
    EXPECT_THROW(coir::timeout(1ms, [&] { return slow.next(); }), coir::timeout_error);
    EXPECT_EQ(slow.next(), std::nullopt);
  });
}

TEST_P(GeneratorWaitOnAny, ACancelReachesABodyThatIsDrivenDuringUnwinding) {
  struct cleaning {
    coir::generator<int>& from;
    bool& ended;
    ~cleaning() {
      ended = !coir::move_on_after(1ms, [&] { from.next(); });
    }
  };
  everywhere([] {
    coir::generator<int> slow([](auto& yield) {
      yield(1);
      coir::sleep_for(1h);
    });
    slow.next();
    bool ended = false;
    try {
      cleaning const at_end{slow, ended};
      throw 1;
    } catch (int) {
    }
    EXPECT_TRUE(ended);
  });
}

TEST_P(GeneratorWaitOnAny, ATimeoutInsideTheBodyEndsWhatTheBodyWaitsIn) {
  everywhere([] {
    coir::generator<bool> limited([](auto& yield) {
      bool const done = coir::move_on_after(1ms, [] { coir::sleep_for(1h); });
      yield(done);
    });
    EXPECT_EQ(limited.next(), false);
  });
}

TEST_P(GeneratorWaitOnAny, AScopeOfTheBodyMustBeClosedBeforeItYields) {
  everywhere([] {
    auto const expect_refused = [](auto body) {
      coir::generator<int> refused(std::move(body));
      EXPECT_NE(misuse_of([&] { refused.next(); }).find("inside of a timeout"), std::string::npos);
      EXPECT_EQ(refused.next(), std::nullopt);
    };
    expect_refused([](auto& yield) { coir::timeout(1h, [&] { yield(1); }); });
    expect_refused([](auto& yield) { coir::shield([&] { yield(1); }); });
    expect_refused([](auto& yield) {
      coir::cancel_scope scope;
      scope.run([&] { yield(1); });
    });
    coir::task_local<int> local;
    expect_refused([&](auto& yield) {
      coir::scoped_set const here(local, 1);
      yield(1);
    });
    EXPECT_EQ(local.get(), 0);
    // Those of the driver are around it by right.
    auto numbers = count_to(2);
    EXPECT_EQ(coir::timeout(1h, [&] { return numbers.next(); }), 1);
    coir::scoped_set const here(local, 2);
    EXPECT_EQ(numbers.next(), 2);
  });
}

TEST_P(GeneratorWaitOnAny, AGroupOfTheBodyMustBeClosedBeforeItYields) {
  in_run([] {
    coir::generator<int> refused([](auto& yield) {
      coir::task_group tasks;
      yield(1);
    });
    EXPECT_THROW(refused.next(), std::logic_error);
  });
}

}  // namespace
}  // namespace contract
