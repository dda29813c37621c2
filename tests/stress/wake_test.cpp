// SPDX-License-Identifier: BSL-1.0
/// Threads and fibers that park and wake each other, very often.

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <coir/coir.hpp>

namespace {

using namespace std::chrono_literals;

#if COIR_TSAN || COIR_ASAN
constexpr int rounds = 20'000;
#else
constexpr int rounds = 350'000;
#endif

/// Numbers go round: a fiber, a thread, another thread, the fiber again. Every hop parks and wakes.
TEST(WakeStressTest, TwoThreadsAndAFiberWakeEachOther) {
  coir::queue<int> to_first(1);
  coir::queue<int> to_second(1);
  coir::queue<int> to_fiber(1);
  auto relay = [](coir::queue<int> from, coir::queue<int> to) {
    for (int each : from) to.put(each + 1);
    to.shutdown();
  };
  std::thread first(relay, to_first, to_second);
  std::thread second(relay, to_second, to_fiber);
  coir::run([&] {
    int value = 0;
    for (int i = 0; i < rounds; ++i) {
      to_first.put(value);
      value = to_fiber.get();
    }
    EXPECT_EQ(value, 2 * rounds);
    to_first.shutdown();
    EXPECT_THROW(to_fiber.get(), coir::queue_shut_down);
  });
  first.join();
  second.join();
}

struct model_name {
  template <class Info>
  std::string operator()(Info const& info) const {
    return coir::to_string(info.param);
  }
};
class ModelStressTest : public testing::TestWithParam<coir::model> {};
INSTANTIATE_TEST_SUITE_P(Models, ModelStressTest,
                         testing::Values(coir::model::fibers, coir::model::threads), model_name{});

/// Random timeouts and cancels against a small queue: each item is got once, or was refused.
TEST_P(ModelStressTest, EachItemIsGotExactlyOnceUnderTimeoutsAndCancels) {
  constexpr int producers = 4;
  constexpr int each_puts = 500;
  unsigned const seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::vector<std::atomic<int>> got(producers * each_puts);
  std::vector<std::atomic<int>> put(producers * each_puts);

  coir::run({.model = GetParam()}, [&] {
    coir::queue<int> items(2);
    auto consume = [&](unsigned own_seed) {
      std::mt19937 random(own_seed);
      for (;;) {
        if (auto item = items.get_for(std::chrono::microseconds(random() % 50)))
          ++got[static_cast<std::size_t>(*item)];
      }
    };
    coir::group([&](coir::task_group& all) {
      for (unsigned c = 0; c < 2; ++c)
        all.spawn([&, c] {
          try {
            consume(seed + c);
          } catch (coir::queue_shut_down const&) {
          }
        });
      // A consumer that is cancelled again and again, and started anew.
      all.spawn([&] {
        std::mt19937 random(seed + 99);
        for (int i = 0; i < 200; ++i) {
          auto victim = coir::spawn([&] {
            try {
              for (;;) ++got[static_cast<std::size_t>(items.get())];
            } catch (coir::queue_shut_down const&) {
            }
          });
          coir::sleep_for(std::chrono::microseconds(random() % 100));
          victim.cancel();
          victim.join();
        }
      });
      all.spawn([&] {
        coir::group([&](coir::task_group& makers) {
          for (int p = 0; p < producers; ++p)
            makers.spawn([&, p] {
              std::mt19937 random(seed + 1000 + static_cast<unsigned>(p));
              for (int i = 0; i < each_puts; ++i) {
                int const item = p * each_puts + i;
                if (items.put_for(item, std::chrono::microseconds(random() % 200)))
                  ++put[static_cast<std::size_t>(item)];
              }
            });
        });
        items.shutdown();
      });
    });
    EXPECT_EQ(items.size(), 0u);
  });
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], put[i]) << "item " << i;
}

/// Permits come back whatever ends a wait.
TEST_P(ModelStressTest, NoPermitIsLostUnderTimeoutsAndCancels) {
  coir::run({.model = GetParam()}, [&] {
    coir::semaphore permits(2);
    coir::mutex lock;
    std::atomic<int> inside{0};
    coir::group([&](coir::task_group& all) {
      for (unsigned t = 0; t < 6; ++t)
        all.spawn([&, t] {
          std::mt19937 random(t + 1);
          for (int i = 0; i < 300; ++i) {
            coir::move_on_after(std::chrono::microseconds(random() % 60), [&] {
              permits.acquire();
              struct give_back {
                coir::semaphore& s;
                ~give_back() { s.release(); }
              } const at_end{permits};
              struct presence {
                std::atomic<int>& n;
                ~presence() { --n; }
              } const here{inside};
              EXPECT_LE(++inside, 2);
              coir::yield();
            });
            coir::move_on_after(std::chrono::microseconds(random() % 60),
                                [&] { std::scoped_lock const held(lock); });
          }
        });
    });
    EXPECT_EQ(permits.available(), 2u);
    EXPECT_FALSE(lock.is_locked());
  });
}

}  // namespace
