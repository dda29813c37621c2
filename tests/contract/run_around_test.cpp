// SPDX-License-Identifier: BSL-1.0
/// A run in somebody's scope: cancels and deadlines around it reach what runs in it.

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class AroundARun : public on_model {
 protected:
  /// Calls `f` on a plain thread, and in a task on a thread: both may hold a run.
  template <class F>
  static void on_each_kind_of_caller(F f) {
    {
      SCOPED_TRACE("on a plain thread");
      f();
    }
    SCOPED_TRACE("in a task on a thread");
    coir::run({.model = coir::model::threads}, [&] { coir::spawn(f).get(); });
  }
};
INSTANTIATE_TEST_SUITE_P(Models, AroundARun, all_models, model_name);

// G6, T1
TEST_P(AroundARun, ADeadlineEndsWhatWaitsInside) {
  on_each_kind_of_caller([] {
    int inside = 0;
    EXPECT_THROW(coir::timeout(20ms,
                               [&] {
                                 in_run([&] {
                                   at_end const note{[&] { --inside; }};
                                   ++inside;
                                   coir::event().wait();
                                 });
                               }),
                 coir::timeout_error);
    EXPECT_EQ(inside, 0);
  });
}

// Nobody leaves the scopes around it then. Sanitizers would look for leaks at such an end; and Boost.Fiber waits
// at the end of a thread for the fibers that still run there.
TEST_P(AroundARun, ExitInsideEndsTheProgramWithItsCode) {
  if (COIR_ASAN || COIR_TSAN || GetParam() == coir::model::boost_fibers) GTEST_SKIP();
  auto const exit_inside = [] {
    coir::timeout(1h, [] { in_run([] { coir::timeout(1h, [] { std::exit(3); }); }); });
  };
  EXPECT_EXIT(exit_inside(), ::testing::ExitedWithCode(3), "");
}

// G6, T1: one that never waits, but gives up its turn
TEST_P(AroundARun, ADeadlineEndsALoopOfYields) {
  on_each_kind_of_caller([] {
    EXPECT_FALSE(coir::move_on_after(5ms, [] {
      in_run([] {
        for (;;) coir::yield();
      });
    }));
  });
}

// T1, T4: the earlier of two, around and inside
TEST_P(AroundARun, TheEarlierDeadlineEndsIt) {
  on_each_kind_of_caller([] {
    bool inner = false;
    EXPECT_TRUE(coir::move_on_after(1h, [&] {
      in_run([&] { inner = !coir::move_on_after(5ms, [] { coir::sleep_for(1h); }); });
    }));
    EXPECT_TRUE(inner);
    EXPECT_FALSE(coir::move_on_after(
        5ms, [&] { in_run([] { coir::move_on_after(1h, [] { coir::sleep_for(2h); }); }); }));
  });
}

// T3: a deadline that was not needed leaves no trace, and a result comes through
TEST_P(AroundARun, ARunThatEndsInTimeGivesItsResult) {
  on_each_kind_of_caller([] {
    EXPECT_EQ(coir::timeout(
                  1h, [] { return in_run([] { return coir::spawn([] { return 5; }).get(); }); }),
              5);
    coir::yield();
  });
}

// C3, C9: the shield holds inside, and the cancel is there after it
TEST_P(AroundARun, AShieldInsideKeepsTheCancelOut) {
  on_each_kind_of_caller([] {
    bool through = false;
    coir::cancel_scope scope;
    EXPECT_FALSE(scope.run([&] {
      in_run([&] {
        coir::shield([&] {
          scope.cancel();
          coir::sleep_for(1ms);
          through = true;
        });
        ADD_FAILURE() << "a shield is left without a look";
      });
    }));
    EXPECT_TRUE(through);
  });
}

// C1: a cancel by another thread
TEST_P(AroundARun, ACancelFromAnotherThreadEndsIt) {
  coir::cancel_scope scope;
  coir::event inside;
  std::thread other([&] {
    inside.wait();
    scope.cancel("enough");
  });
  std::string text;
  EXPECT_FALSE(scope.run([&] {
    in_run([&] {
      inside.set();
      try {
        coir::sleep_for(1h);
      } catch (coir::cancelled const& e) {
        text = e.reason().text();
        throw;
      }
    });
  }));
  EXPECT_EQ(text, "enough");
  other.join();
}

// C7
TEST_P(AroundARun, TheMainOfARunInACancelledScopeNeverBegins) {
  coir::cancel_scope scope;
  scope.cancel();
  bool began = false;
  EXPECT_FALSE(scope.run([&] { in_run([&] { began = true; }); }));
  EXPECT_FALSE(began);
}

// C6: what a destructor does during unwinding is not cut short, and a timeout of its own works
TEST_P(AroundARun, ARunInACleanupIsUndisturbed) {
  on_each_kind_of_caller([] {
    bool whole = false;
    bool timed_out = false;
    coir::cancel_scope scope;
    EXPECT_FALSE(scope.run([&] {
      at_end const cleanup{[&] {
        in_run([&] {
          coir::sleep_for(1ms);
          timed_out = !coir::move_on_after(1ms, [] { coir::sleep_for(1h); });
          whole = true;
        });
      }};
      scope.cancel();
      coir::yield();
    }));
    EXPECT_TRUE(whole);
    EXPECT_TRUE(timed_out);
  });
}

// S5: around a run in virtual time, time is real
TEST(AroundARunInVirtualTime, ADeadlineAroundItIsInRealTime) {
  coir::virtual_clock clock;
  EXPECT_TRUE(
      coir::move_on_after(1h, [&] { coir::run({.clock = &clock}, [] { coir::sleep_for(24h); }); }));
  EXPECT_FALSE(coir::move_on_after(5ms, [&] {
    coir::run({.clock = &clock}, [] {
      for (;;) coir::sleep_for(1min);
    });
  }));
  EXPECT_FALSE(coir::move_on_after(5ms, [&] {
    coir::run({.clock = &clock}, [] {
      coir::offload([] { coir::event().wait(); });  // time stands still meanwhile
    });
  }));
}

// S5: it is no timer of the run's, which is as stuck as without it
TEST(AroundARunInVirtualTime, ADeadlineAroundItDoesNotHideADeadlock) {
  coir::virtual_clock clock;
  EXPECT_THROW(
      coir::timeout(1h, [&] { coir::run({.clock = &clock}, [] { coir::event().wait(); }); }),
      coir::deadlock);
}

}  // namespace
}  // namespace contract
