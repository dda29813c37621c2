// SPDX-License-Identifier: BSL-1.0
/// task_group::start on every model: whose the task is before it has started, and whose after.

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class StartOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, StartOnAny, all_models, model_name);

class StartOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, StartOn, concurrent_models, model_name);

void serve(coir::task_status<std::string>& status, int port) {
  status.started("port " + std::to_string(port));
}

// G2
TEST_P(StartOnAny, ReturnsWhatTheTaskStartedWith) {
  in_run([] {
    std::atomic<int> went_on = 0;
    coir::group([&](coir::task_group& g) {
      EXPECT_EQ(g.start(serve, 80), "port 80");
      EXPECT_EQ(g.start({.name = "server"}, serve, 81), "port 81");
      auto box = g.start(
          [&](coir::task_status<std::unique_ptr<int>>& status, std::unique_ptr<int> given) {
            status.started(std::move(given));
            coir::yield();
            ++went_on;
          },
          std::make_unique<int>(3));
      EXPECT_EQ(*box, 3);
      static_assert(std::is_void_v<decltype(g.start([](coir::task_status<>&) {}))>);
      g.start([&, only_movable = std::make_unique<int>(1)](coir::task_status<>& status) {
        status.started();
        coir::yield();
        went_on += *only_movable;
      });
    });
    EXPECT_EQ(went_on, 2);
  });
}

// G2: the task is the group's own now
TEST_P(StartOnAny, AFailureAfterTheStartIsTheGroups) {
  in_run([] {
    coir::exception_group const errors = failure_of([] {
      coir::group([](coir::task_group& g) {
        g.start([](coir::task_status<>& status) {
          status.started();
          throw std::out_of_range("later");
        });
      });
    });
    EXPECT_STREQ(errors.what(), "1 failure: later");
  });
}

// G3: before, it is start()'s
TEST_P(StartOnAny, AFailureBeforeTheStartIsThrownAndLeavesTheGroupAlone) {
  unhandled_log log;
  in_run([] {
    std::atomic<int> done = 0;
    coir::group([&](coir::task_group& g) {
      g.spawn([&] {
        coir::yield();
        ++done;
      });
      EXPECT_THROW(g.start([](coir::task_status<int>&) { throw std::out_of_range("early"); }),
                   std::out_of_range);
      coir::yield();
    });
    EXPECT_EQ(done, 1);
  });
  EXPECT_TRUE(log.entries().empty());
}

// Q3's spirit: misuse is told at once
TEST_P(StartOnAny, ReturningWithoutHavingStartedIsALogicErrorAndSoIsStartingTwice) {
  in_run([] {
    coir::group([](coir::task_group& g) {
      EXPECT_THROW(g.start([](coir::task_status<int>&) {}), std::logic_error);
      g.start([](coir::task_status<>& status) {
        status.started();
        EXPECT_THROW(status.started(), std::logic_error);
      });
    });
    coir::task_group joined;
    joined.join();
    EXPECT_THROW(joined.start(serve, 1), std::logic_error);
  });
}

// G2: a value that cannot be made leaves the task unstarted
TEST_P(StartOnAny, AValueThatThrowsMayBeFollowedByAnotherTry) {
  struct picky {
    explicit picky(int n) : number(n > 0 ? n : throw std::out_of_range("too small")) {}
    int number;
  };
  in_run([] {
    coir::group([](coir::task_group& g) {
      picky const value = g.start([](coir::task_status<picky>& status) {
        EXPECT_THROW(status.started(0), std::out_of_range);
        status.started(5);
      });
      EXPECT_EQ(value.number, 5);
    });
  });
}

// C8
TEST_P(StartOn, ACancelOfTheCallerEndsATaskThatHasNotStarted) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    coir::group([&](coir::task_group& g) {
      coir::event begun;
      auto caller = coir::spawn([&] {
        g.start([&](coir::task_status<>&) {
          begun.set();
          wait_for_cancel(cancelled);
        });
      });
      begun.wait();
      await_parked(caller);
      caller.cancel();
      EXPECT_THROW(caller.get(), coir::cancelled);
      EXPECT_EQ(cancelled, 1);
    });
  });
}

// C8: and none that has
TEST_P(StartOn, ACancelOfTheCallerLeavesATaskThatHasStartedAlone) {
  in_run([] {
    coir::event go_on;
    std::atomic<int> done = 0;
    coir::group([&](coir::task_group& g) {
      coir::event started;
      auto caller = coir::spawn([&] {
        g.start([&](coir::task_status<>& status) {
          status.started();
          go_on.wait();
          ++done;
        });
        started.set();
        coir::event().wait();
      });
      started.wait();
      caller.cancel();
      EXPECT_THROW(caller.get(), coir::cancelled);
      EXPECT_EQ(done, 0);
      go_on.set();
    });
    EXPECT_EQ(done, 1);
  });
}

// C8: a timeout around start() waits for the real end
TEST_P(StartOn, ATaskThatStartsAfterItsStartWasCancelledEndsWithIt) {
  in_run([] {
    coir::group([](coir::task_group& g) {
      coir::event begun;
      coir::event cancelled;
      auto caller = coir::spawn([&] {
        g.start([&](coir::task_status<int>& status) {
          begun.set();
          try {
            coir::event().wait();
          } catch (coir::cancelled const&) {
          }
          cancelled.set();
          status.started(1);  // too late
          EXPECT_THROW(coir::event().wait(), coir::cancelled);
        });
        ADD_FAILURE() << "went on";
      });
      begun.wait();
      caller.cancel();
      cancelled.wait();
      EXPECT_THROW(caller.get(), coir::cancelled);
      coir::yield();  // the group is not cancelled
    });
  });
}

// G3: what it throws in its cleanup is not lost
TEST_P(StartOn, AFailureInTheCleanupOfACancelledStartIsThrown) {
  in_run([] {
    coir::group([](coir::task_group& g) {
      coir::event begun;
      auto caller = coir::spawn([&] {
        g.start([&](coir::task_status<>&) {
          begun.set();
          try {
            coir::event().wait();
          } catch (coir::cancelled const&) {
            throw std::out_of_range("cleanup");
          }
        });
      });
      begun.wait();
      caller.cancel();
      EXPECT_THROW(caller.get(), std::out_of_range);
    });
  });
}

// G2
TEST_P(StartOn, SCP_14_APendingStartKeepsTheGroupOpen) {
  in_run([] {
    coir::event begun;
    coir::event go_on;
    std::atomic<int> served = 0;
    std::optional<coir::task<>> caller;
    coir::group([&](coir::task_group& g) {
      caller = coir::spawn([&] {  // not one of the group's
        EXPECT_EQ(g.start([&](coir::task_status<int>& status) {
          begun.set();
          go_on.wait();
          status.started(4);
          coir::yield();
          ++served;
        }),
                  4);
      });
      begun.wait();
      go_on.set();  // and only this is left
    });
    EXPECT_EQ(served, 1);
    caller->get();
  });
}

// G2: also if nothing comes of it
TEST_P(StartOn, SCP_14_AGroupClosesWhenItsPendingStartHasFailed) {
  in_run([] {
    coir::event begun;
    coir::event go_on;
    std::optional<coir::task<>> caller;
    coir::group([&](coir::task_group& g) {
      caller = coir::spawn([&] {
        g.start([&](coir::task_status<>&) {
          begun.set();
          go_on.wait();
          throw std::out_of_range("early");
        });
      });
      begun.wait();
      go_on.set();
    });
    EXPECT_THROW(caller->get(), std::out_of_range);
  });
}

// C1: the group's cancel reaches what the task is in, once it is the group's
TEST_P(StartOn, SCP_15_ATaskThatStartsInACancelledGroupIsCancelledWithAllBelow) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    std::optional<coir::task<>> caller;
    coir::event begun;
    coir::event go_on;
    coir::group([&](coir::task_group& g) {
      caller = coir::spawn([&] {
        g.start([&](coir::task_status<>& status) {
          coir::group([&](coir::task_group& inner) {
            for (int i = 0; i < 2; ++i)
              await_parked(inner.spawn([&] { wait_for_cancel(cancelled); }));
            begun.set();
            go_on.wait();
            EXPECT_EQ(cancelled, 0);
            coir::this_task::checkpoint();
            status.started();
            EXPECT_THROW(coir::this_task::checkpoint(), coir::cancelled);
          });
        });
      });
      begun.wait();
      g.cancel();
      coir::shield([&] { go_on.set(); });
    });
    EXPECT_EQ(cancelled, 2);
    caller->get();  // start() has returned
  });
}

// G2: started by a task below it
TEST_P(StartOn, ATaskMayLetAnotherSayThatItHasStarted) {
  in_run([] {
    coir::group([](coir::task_group& g) {
      EXPECT_EQ(g.start([](coir::task_status<int>& status) {
        coir::group([&](coir::task_group& inner) { inner.spawn([&] { status.started(6); }); });
      }),
                6);
    });
  });
}

// C4: start and cancel at the same time: it has started, or it was cancelled with its caller
TEST_P(StartOn, AStartAndACancelMayCoincide) {
  in_run([] {
    for (int round = 0; round < 200; ++round) {
      std::atomic<bool> ended = false;
      std::atomic<bool> started = false;
      coir::event go_on;
      coir::event begun;
      {
        coir::task_group g;
        auto caller = coir::spawn([&] {
          g.start([&](coir::task_status<>& status) {
            struct at_end {
              std::atomic<bool>& flag;
              ~at_end() { flag = true; }
            } const mark{ended};
            begun.set();
            coir::yield();
            status.started();
            go_on.wait();
          });
          started = true;
        });
        begun.wait();
        if (round % 2 == 0) coir::yield();
        caller.cancel();
        caller.join();
        EXPECT_EQ(caller.cancelled(), !started);
        EXPECT_TRUE(started || ended);
        go_on.set();
        g.join();
      }
      EXPECT_TRUE(ended);
    }
  });
}

// G1
TEST_P(StartOnAny, SCP_17_SpawningIsAllowedWhileATaskOfTheGroupLives) {
  in_run([] {
    std::atomic<int> done = 0;
    coir::task_group g;
    g.spawn([&] {
      coir::yield();  // on fibers and threads the group waits by now
      g.spawn([&] { ++done; });
      g.start([&](coir::task_status<>& status) {
        status.started();
        ++done;
      });
    });
    g.join();
    EXPECT_EQ(done, 2);
    EXPECT_THROW(g.spawn([] { ADD_FAILURE(); }), std::logic_error);
    EXPECT_THROW(g.start(serve, 1), std::logic_error);
  });
}

// G1: the group closes with its last task, and not when its owner runs
TEST(StartOnFibers, SCP_17_NobodySlipsInBetweenTheLastEndAndTheOwner) {
  coir::run([] {
    coir::event set;
    coir::event stranger_waits;
    std::optional<coir::task_group> g(std::in_place);
    auto last = g->spawn([&] { set.wait(); });
    await_parked(last);
    auto stranger = coir::spawn([&] {
      set.set();      // the last task becomes ready,
      coir::yield();  // ends and wakes the owner, who has yet to run
      EXPECT_TRUE(last.done());
      EXPECT_THROW(g->spawn([] { ADD_FAILURE(); }), std::logic_error);
    });
    g->join();
    stranger.get();
    g.reset();
  });
}

}  // namespace
}  // namespace contract
