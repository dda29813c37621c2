// SPDX-License-Identifier: BSL-1.0
/// Work that other threads give a run: in order, never lost, and refused when it is too late.

#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class LoopHandleOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, LoopHandleOnAny, all_models, model_name);

class LoopHandleOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, LoopHandleOn, concurrent_models, model_name);

TEST_P(LoopHandleOnAny, APostedCallRunsInTheRun) {
  in_run([] {
    coir::event done;
    std::optional<coir::model> seen;
    std::jthread const foreign([&, loop = coir::loop_handle::current()] {
      loop.post([&] {
        seen = coir::current_model();
        coir::spawn([&] { done.set(); }).join();
      });
    });
    done.wait();
    EXPECT_EQ(seen, GetParam());
  });
}

TEST_P(LoopHandleOnAny, CallsOfOneThreadAreMadeInTheirOrder) {
  in_run([] {
    coir::event done;
    std::vector<int> order;
    std::jthread const foreign([&, loop = coir::loop_handle::current()] {
      for (int i = 0; i < 1000; ++i) loop.post([&order, i] { order.push_back(i); });
      loop.post([&] { done.set(); });
    });
    done.wait();
    ASSERT_EQ(order.size(), 1000u);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  });
}

TEST_P(LoopHandleOnAny, CallsOfManyThreadsAreAllMade) {
  in_run([] {
    coir::queue<int> made;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, loop = coir::loop_handle::current()] {
          for (int n = 0; n < 250; ++n) loop.post([&] { made.put(1); });
        });
      for (int n = 0; n < 1000; ++n) made.get();
    }
    EXPECT_EQ(made.size(), 0u);
  });
}

// G3: each once, and those behind it are made
TEST_P(LoopHandleOnAny, WhatAPostedCallThrowsGoesToTheHandlerOnce) {
  unhandled_log const log;
  in_run([] {
    coir::event done;
    std::jthread const foreign([&, loop = coir::loop_handle::current()] {
      loop.post([] { throw std::out_of_range("far"); });
      loop.post([] { throw coir::cancelled(coir::cancel_reason()); });
      loop.post([&] { done.set(); });
    });
    done.wait();
  });
  EXPECT_EQ(log.entries(), std::vector<std::string>{"loop_handle: far"});
}

TEST_P(LoopHandleOnAny, ASubmittedCallGivesItsResultToAPlainThread) {
  in_run([] {
    coir::event done;
    std::jthread const foreign([&, loop = coir::loop_handle::current()] {
      EXPECT_EQ(loop.submit([](int a, int b) { return a + b; }, 2, 3).get(), 5);
      auto failed = loop.submit([]() -> int { throw std::out_of_range("far"); });
      EXPECT_THROW(failed.get(), std::out_of_range);
      auto moved = loop.submit([](std::unique_ptr<int> p) { return p; }, std::make_unique<int>(7));
      EXPECT_EQ(*std::move(moved).get(), 7);
      auto const task = loop.submit([] { return coir::this_task::id(); });
      EXPECT_EQ(task.id(), const_cast<coir::task<std::uint64_t>&>(task).get());
      loop.post([&] { done.set(); });
    });
    done.wait();
  });
}

// THR-03: a cancel from out there arrives, and a result that is long in coming leaves the task alone
TEST_P(LoopHandleOn, THR_03_ACancelByTheForeignThreadReachesTheTask) {
  in_run([] {
    coir::event begun;
    coir::event done;
    bool cancelled = false;
    std::jthread const foreign([&, loop = coir::loop_handle::current()] {
      auto task = loop.submit([&] {
        begun.set();
        try {
          coir::event().wait();
        } catch (coir::cancelled const&) {
          cancelled = true;
          throw;
        }
      });
      begun.wait();
      EXPECT_FALSE(task.join_for(1ms));
      EXPECT_FALSE(task.done());
      task.cancel();
      EXPECT_THROW(task.get(), coir::cancelled);
      loop.post([&] { done.set(); });
    });
    done.wait();
    EXPECT_TRUE(cancelled);
  });
}

// THR-03: a task that is cancelled in the run, by itself
TEST_P(LoopHandleOnAny, THR_03_ACancelInTheRunReachesTheForeignThread) {
  in_run([] {
    coir::event done;
    std::jthread const foreign([&, loop = coir::loop_handle::current()] {
      auto task = loop.submit([] { throw coir::cancelled(coir::cancel_reason()); });
      EXPECT_THROW(task.get(), coir::cancelled);
      EXPECT_TRUE(task.cancelled());
      loop.post([&] { done.set(); });
    });
    done.wait();
  });
}

// RUN-18: a call that is cancelled before it begins never does
TEST_P(LoopHandleOnAny, RUN_18_ASubmittedCallThatIsCancelledBeforeItBeginsNeverDoes) {
  in_run([] {
    bool began = false;
    coir::event done;
    // The run's thread is held up until the cancel is there.
    std::latch posted(1);
    std::latch cancelled(1);
    std::jthread const foreign([&, loop = coir::loop_handle::current()] {
      loop.post([&] {
        posted.count_down();
        cancelled.wait();
      });
      posted.wait();
      auto task = loop.submit([&] { began = true; });
      EXPECT_TRUE(task.cancel());
      cancelled.count_down();
      EXPECT_THROW(task.get(), coir::cancelled);
      loop.post([&] { done.set(); });
    });
    done.wait();
    EXPECT_FALSE(began);
  });
}

// RUN-19
TEST_P(LoopHandleOnAny, RUN_19_ACallThatPostsItselfWithoutEndStarvesNobody) {
  struct again {
    coir::loop_handle loop;
    std::atomic<int>* calls;
    void operator()() const {
      ++*calls;
      try {
        loop.post(*this);
      } catch (coir::loop_closed const&) {
      }
    }
  };
  std::atomic<int> calls = 0;
  in_run([&] {
    coir::loop_handle const loop = coir::loop_handle::current();
    std::jthread([&] { loop.post(again{loop, &calls}); }).join();
    for (int i = 0; i < 20; ++i) coir::yield();
    while (calls < 20) coir::yield();
  });
  EXPECT_GE(calls, 20);
}

// THR-12: from the run to a thread, from there to the run, and again, until it is cancelled
TEST_P(LoopHandleOn, THR_12_GoingThereAndBackAgainDoesNotDeadlock) {
  in_run([] {
    std::atomic<int> rounds = 0;
    auto const loop = coir::loop_handle::current();
    coir::cancel_scope scope;
    EXPECT_FALSE(scope.run([&] {
      coir::group([&](coir::task_group& g) {
        for (int i = 0; i < 4; ++i)
          g.spawn([&] {
            for (;;)
              coir::offload([&] {
                loop.submit([&] {
                      if (++rounds == 200) scope.cancel();
                      coir::offload([] {});
                    })
                    .get();
              });
          });
      });
    }));
    EXPECT_GE(rounds, 200);
  });
}

// RUN-18: nothing is lost in silence: what was taken is done, what comes later is refused
TEST_P(LoopHandleOnAny, AfterItsRunAHandleThrows) {
  std::optional<coir::loop_handle> loop;
  in_run([&] { loop = coir::loop_handle::current(); });
  EXPECT_THROW(loop->post([] { ADD_FAILURE() << "called"; }), coir::loop_closed);
  EXPECT_THROW((void)loop->submit([] { ADD_FAILURE() << "called"; }), coir::loop_closed);
}

TEST_P(LoopHandleOnAny, WhatWasPostedBeforeTheEndIsMadeAndEndsWithTheRun) {
  std::atomic<int> made = 0;
  std::atomic<int> refused = 0;
  in_run([&] {
    auto const loop = coir::loop_handle::current();
    loop.post([&] {
      ++made;
      coir::event().wait();
    });
    loop.post([&, loop] {
      ++made;
      try {
        loop.post([&] { ++made; });
      } catch (coir::loop_closed const&) {
        ++refused;
      }
    });
  });  // main never waits
  EXPECT_EQ(made + refused, 3);
  EXPECT_GE(made, 2);
}

TEST_P(LoopHandleOn, WhatWasSubmittedBeforeTheEndIsCancelled) {
  coir::task<void> late;
  in_run([&] { late = coir::loop_handle::current().submit([] { coir::event().wait(); }); });
  try {
    late.get();
    ADD_FAILURE() << "went on";
  } catch (coir::cancelled const& e) {
    EXPECT_EQ(e.reason().cause(), coir::cancel_cause::shutdown);
  }
}

// A thread that posts and submits until it is told: each that was taken is done, each result is told.
TEST_P(LoopHandleOnAny, NothingIsLostAtTheEndOfARun) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> taken = 0;
    std::atomic<int> made = 0;
    std::latch begun(1);
    std::thread foreign;
    in_run([&] {
      foreign = std::thread([&, loop = coir::loop_handle::current()] {
        begun.count_down();
        try {
          for (;;) {
            loop.post([&] { ++made; });
            ++taken;
            auto task = loop.submit([] {});
            task.join();
            EXPECT_TRUE(task.done());
          }
        } catch (coir::loop_closed const&) {
        }
      });
      begun.wait();
      for (int i = 0; i < round; ++i) coir::yield();
    });
    foreign.join();
    EXPECT_EQ(taken, made);
  }
}

// The values of who posts
TEST_P(LoopHandleOnAny, ACallSeesTheTaskLocalsOfWhoPostsIt) {
  coir::task_local<int> number(1);
  in_run([&] {
    coir::event done;
    std::vector<int> seen;
    number.set(2);
    std::jthread const foreign([&, loop = coir::loop_handle::current()] {
      number.set(3);
      loop.post([&] { seen.push_back(number.get()); });
      seen.push_back(loop.submit([&] { return number.get(); }).get());
      loop.post([&] { done.set(); });
    });
    done.wait();
    EXPECT_EQ(seen, (std::vector{3, 3}));
  });
}

TEST_P(LoopHandleOnAny, ItIsHadInATaskOnlyAndNotWhenMovedFrom) {
  EXPECT_THROW((void)coir::loop_handle::current(), std::logic_error);
  in_run([] {
    auto one = coir::loop_handle::current();
    auto const other = std::move(one);
    EXPECT_THROW(one.post([] {}), std::logic_error);  // NOLINT: that is what is tested
    other.post([] {});
  });
}

// S5
TEST(LoopHandleInVirtualTime, TimeStandsStillWhileAHandleIsOutThere) {
  coir::virtual_clock clock;
  coir::run({.clock = &clock}, [&] {
    auto const begin = coir::now();
    coir::event done;
    std::jthread const foreign([&, loop = coir::loop_handle::current()]() mutable {
      loop.submit([] {}).join();
      auto last = std::move(loop);
      last.post([&] { done.set(); });
    });
    EXPECT_TRUE(done.wait_for(1h));
    EXPECT_EQ(coir::now(), begin);
  });
}

// S5: once the last is gone, a run that cannot go on is stuck
TEST(LoopHandleInVirtualTime, WithoutAHandleAStuckRunIsToldAgain) {
  coir::virtual_clock clock;
  EXPECT_THROW(coir::run({.clock = &clock},
                         [] {
                           std::jthread([loop = coir::loop_handle::current()] {}).join();
                           coir::event().wait();
                         }),
               coir::deadlock);
}
TEST(LoopHandleOnSerial, WithoutAHandleAStuckWaitIsToldAgain) {
  coir::run({.model = coir::model::serial}, [] {
    std::jthread([loop = coir::loop_handle::current()] {}).join();
    EXPECT_THROW(coir::event().wait(), coir::deadlock);
  });
}

// On serial calls do not nest: one that waits holds up those behind it
TEST(LoopHandleOnSerial, ACallThatYieldsIsNotInterruptedByAnother) {
  coir::run({.model = coir::model::serial}, [] {
    auto const loop = coir::loop_handle::current();
    bool inside = false;
    coir::event done;
    for (int i = 0; i < 3; ++i)
      loop.post([&] {
        EXPECT_FALSE(inside);
        inside = true;
        loop.post([] {});
        coir::yield();
        coir::sleep_for(1ms);
        inside = false;
      });
    loop.post([&] { done.set(); });
    done.wait();
  });
}

}  // namespace
}  // namespace contract
