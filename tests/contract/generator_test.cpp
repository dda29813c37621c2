// SPDX-License-Identifier: BSL-1.0
/// Generators on every model and on a plain thread: values, waits, cancels, ends, misuse.

#include <csignal>
#include <memory>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "contract/models.hpp"

namespace contract {
namespace {

/// A test that is the same on every model, and outside of a run.
class GeneratorOnAny : public on_model {
 protected:
  template <class F>
  static void everywhere(F f) {
    in_run(f);
    f();
  }
};
INSTANTIATE_TEST_SUITE_P(Models, GeneratorOnAny, all_models, model_name);

class GeneratorOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, GeneratorOn, concurrent_models, model_name);

class GeneratorInVirtualTime : public virtual_run {};

coir::generator<int> count_to(int last) {
  return coir::generator<int>([last](auto& yield) {
    for (int i = 1; i <= last; ++i) yield(i);
  });
}

/// What `f` throws as a std::logic_error.
template <class F>
std::string misuse_of(F&& f) {
  try {
    f();
  } catch (std::logic_error const& e) {
    return e.what();
  }
  return "nothing was thrown";
}

// --- Values ---

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

TEST_P(GeneratorOnAny, ARangeAdaptorTakesIt) {
  everywhere([] {
    std::vector<int> seen;
    for (int each : count_to(6) | std::views::filter([](int n) { return n % 2 == 0; }))
      seen.push_back(each);
    EXPECT_EQ(seen, (std::vector{2, 4, 6}));
  });
}

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

// --- Exceptions ---

TEST_P(GeneratorOnAny, WhatTheBodyThrowsComesOutOfNextAndEndsIt) {
  everywhere([] {
    coir::generator<int> failing([](auto& yield) {
      yield(1);
      throw std::runtime_error("no more");
    });
    EXPECT_EQ(failing.next(), 1);
    EXPECT_THROW(failing.next(), std::runtime_error);
    EXPECT_EQ(failing.next(), std::nullopt);
  });
}

TEST_P(GeneratorOnAny, WhatIsThrownInComesFromItsYield) {
  everywhere([] {
    coir::generator<int> catching([](auto& yield) {
      try {
        yield(1);
      } catch (int n) {
        yield(n);
      }
    });
    catching.next();
    EXPECT_EQ(catching.throw_in(std::make_exception_ptr(5)), 5);
    EXPECT_THROW(catching.throw_in(std::make_exception_ptr(6)), int);
    EXPECT_EQ(catching.next(), std::nullopt);
    EXPECT_THROW(catching.throw_in(std::make_exception_ptr(7)), int);
    EXPECT_THROW(catching.throw_in(nullptr), std::logic_error);

    auto unbegun = count_to(3);
    EXPECT_THROW(unbegun.throw_in(std::make_exception_ptr(8)), int);
    EXPECT_EQ(unbegun.next(), std::nullopt);
  });
}

TEST_P(GeneratorOnAny, BodyAndDriverEachHandleTheirOwnExceptions) {
  everywhere([] {
    coir::generator<int> inside([](auto& yield) {
      try {
        throw 1;
      } catch (...) {
        yield(0);
        coir::yield();
        yield(0);
        try {
          throw;
        } catch (int n) {
          yield(n);
        }
      }
    });
    inside.next();
    try {
      throw 2;
    } catch (...) {
      inside.next();
      EXPECT_EQ(inside.next(), 1);
      try {
        throw;
      } catch (int n) {
        EXPECT_EQ(n, 2);
      }
    }
    EXPECT_EQ(inside.next(), std::nullopt);
  });
}

TEST_P(GeneratorOnAny, EachCountsItsOwnExceptionsInFlight) {
  struct driving {
    coir::generator<int>& from;
    int& before;
    int& after;
    ~driving() {
      before = std::uncaught_exceptions();
      from.next();
      after = std::uncaught_exceptions();
    }
  };
  everywhere([] {
    struct yielding {
      coir::yielder<int>& yield;
      ~yielding() { yield(1); }
    };
    coir::generator<int> unwinding([](coir::yielder<int>& yield) {
      try {
        yielding const at_end{yield};
        throw 1;
      } catch (int) {
      }
      yield(std::uncaught_exceptions());
    });
    EXPECT_EQ(unwinding.next(), 1);
    EXPECT_EQ(std::uncaught_exceptions(), 0);
    int before = 0, after = 0;
    try {
      driving const at_end{unwinding, before, after};
      throw 2;
    } catch (int) {
    }
    EXPECT_EQ(before, 1);
    EXPECT_EQ(after, 1);
    EXPECT_EQ(unwinding.next(), std::nullopt);
    EXPECT_EQ(std::uncaught_exceptions(), 0);
  });
}

// --- Waits ---

TEST_P(GeneratorOnAny, ABodyMaySleep) {
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

TEST_P(GeneratorOn, ABodyWaitsAsTheTaskThatDrivesIt) {
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

TEST_P(GeneratorOn, ManyTasksEachDriveTheirOwn) {
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

TEST_P(GeneratorOn, ACancelOfTheDriverIsThrownWhereTheBodyWaits) {
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

TEST_P(GeneratorOnAny, ATimeoutOfTheDriverReachesIntoTheBody) {
  everywhere([] {
    coir::generator<int> slow([](auto& yield) {
      coir::sleep_for(1h);
      yield(1);
    });
    EXPECT_THROW(coir::timeout(1ms, [&] { return slow.next(); }), coir::timeout_error);
    EXPECT_EQ(slow.next(), std::nullopt);
  });
}

TEST_P(GeneratorOnAny, ACancelReachesABodyThatIsDrivenDuringUnwinding) {
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

TEST_P(GeneratorOnAny, ATimeoutInsideTheBodyEndsWhatTheBodyWaitsIn) {
  everywhere([] {
    coir::generator<bool> limited([](auto& yield) {
      bool const done = coir::move_on_after(1ms, [] { coir::sleep_for(1h); });
      yield(done);
    });
    EXPECT_EQ(limited.next(), false);
  });
}

// --- Scopes over a yield ---

TEST_P(GeneratorOnAny, AScopeOfTheBodyMustBeClosedBeforeItYields) {
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

TEST_P(GeneratorOnAny, AGroupOfTheBodyMustBeClosedBeforeItYields) {
  in_run([] {
    coir::generator<int> refused([](auto& yield) {
      coir::task_group tasks;
      yield(1);
    });
    EXPECT_THROW(refused.next(), std::logic_error);
  });
}

// --- Left unfinished ---

TEST_P(GeneratorOnAny, OneThatIsDroppedIsClosed) {
  everywhere([] {
    std::string seen;
    {
      coir::generator<int> endless([&](auto& yield) {
        try {
          for (int i = 0;; ++i) yield(i);
        } catch (coir::generator_closed const&) {
          seen += "closed";
          coir::sleep_for(1us);  // cleanup may wait
          seen += " and clean";
          throw;
        }
      });
      for (int each : endless)
        if (each == 2) break;
    }
    EXPECT_EQ(seen, "closed and clean");
  });
}

TEST_P(GeneratorOnAny, OneThatNeverBeganDropsItsBodyUnrun) {
  everywhere([] {
    auto const held = std::make_shared<int>(1);
    bool ran = false;
    {
      coir::generator<int> never([held, &ran](auto& yield) {
        ran = true;
        yield(1);
      });
      std::thread([moved = std::move(never)] {}).join();
    }
    EXPECT_FALSE(ran);
    EXPECT_EQ(held.use_count(), 1);
    coir::generator<int> closed([held](auto&) {});
    closed.close();
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_EQ(closed.next(), std::nullopt);
  });
}

TEST_P(GeneratorOnAny, TheBodyIsDestroyedWhenItEnds) {
  everywhere([] {
    auto const held = std::make_shared<int>(1);
    coir::generator<int> brief([held](auto& yield) { yield(*held); });
    brief.next();
    EXPECT_EQ(held.use_count(), 2);
    brief.next();
    EXPECT_EQ(held.use_count(), 1);
  });
}

TEST_P(GeneratorOn, ClosingIsUndisturbedByACancel) {
  in_run([] {
    bool clean = false;
    auto driver = coir::spawn([&] {
      coir::generator<int> careful([&](auto& yield) {
        try {
          yield(1);
        } catch (coir::generator_closed const&) {
          coir::sleep_for(1us);
          clean = true;
          throw;
        }
      });
      careful.next();
      coir::sleep_for(1h);
    });
    await_parked(driver);
    driver.cancel();
    driver.join();
    EXPECT_TRUE(driver.cancelled());
    EXPECT_TRUE(clean);
  });
}

TEST_P(GeneratorOnAny, ABodyThatYieldsAfterCloseIsClosedAgain) {
  everywhere([] {
    int closed = 0;
    coir::generator<int> stubborn([&](auto& yield) {
      while (closed < 3) {
        try {
          yield(1);
        } catch (coir::generator_closed const&) {
          ++closed;
        }
      }
    });
    stubborn.next();
    stubborn.close();
    EXPECT_EQ(closed, 3);
    EXPECT_EQ(stubborn.next(), std::nullopt);
  });
}

TEST_P(GeneratorOnAny, AnErrorInAnswerToCloseComesOutOfCloseAndOfADropGoesToTheHandler) {
  everywhere([] {
    auto const failing = [](auto& yield) {
      try {
        yield(1);
      } catch (coir::generator_closed const&) {
        throw std::runtime_error("not clean");
      }
    };
    coir::generator<int> closed(failing);
    closed.next();
    EXPECT_THROW(closed.close(), std::runtime_error);

    std::vector<std::string> told;
    auto const before =
        coir::set_unhandled_exception_handler([&](std::string const&, std::exception_ptr error) {
          try {
            std::rethrow_exception(error);
          } catch (std::exception const& e) {
            told.push_back(e.what());
          }
        });
    {
      coir::generator<int> dropped(failing);
      dropped.next();
    }
    coir::set_unhandled_exception_handler(before);
    EXPECT_EQ(told, std::vector<std::string>{"not clean"});
  });
}

// --- Misuse ---

TEST_P(GeneratorOnAny, ABodyThatDrivesItselfIsALogicError) {
  everywhere([] {
    coir::generator<int>* self = nullptr;
    coir::generator<int> circular([&](auto& yield) {
      yield(1);
      self->next();
    });
    self = &circular;
    circular.next();
    EXPECT_NE(misuse_of([&] { circular.next(); }).find("its own generator"), std::string::npos);
  });
}

TEST_P(GeneratorOn, ASecondTaskThatDrivesARunningBodyIsALogicError) {
  in_run([] {
    coir::event go_on;
    coir::generator<int> waiting([&](auto& yield) {
      go_on.wait();
      yield(1);
    });
    auto driver = coir::spawn([&] {
      auto const value = waiting.next();
      waiting.close();
      return value;
    });
    await_parked(driver);
    EXPECT_NE(misuse_of([&] { waiting.next(); }).find("as another task"), std::string::npos);
    EXPECT_THROW(waiting.close(), std::logic_error);
    go_on.set();
    EXPECT_EQ(driver.get(), 1);
  });
}

TEST_P(GeneratorOn, AYieldByAnotherTaskIsALogicError) {
  in_run([] {
    coir::generator<std::string> lending([](auto& yield) {
      auto borrower = coir::spawn([&] { return misuse_of([&] { yield("stolen"); }); });
      yield(borrower.get());
    });
    EXPECT_NE(lending.next()->find("other code than its own body"), std::string::npos);
  });
}

TEST_P(GeneratorOnAny, AYieldByTheBodyOfAnotherGeneratorIsALogicError) {
  everywhere([] {
    coir::generator<std::string> outer([](auto& yield) {
      coir::generator<int> inner([&](auto&) { yield("from inside"); });
      yield(misuse_of([&] { inner.next(); }));
    });
    EXPECT_NE(outer.next()->find("other code than its own body"), std::string::npos);
  });
}

TEST_P(GeneratorOnAny, AnotherThreadMayNotResumeABegunBody) {
  everywhere([] {
    auto numbers = count_to(3);
    numbers.next();
    std::thread([&] {
      EXPECT_NE(misuse_of([&] { numbers.next(); }).find("another thread"), std::string::npos);
      EXPECT_THROW(numbers.close(), std::logic_error);
    }).join();
    EXPECT_EQ(numbers.next(), 2);
  });
}

TEST(GeneratorOnThreads, OneThatIsDroppedOnAnotherThreadIsToldAndLeftBehind) {
  std::string told;
  auto const before =
      coir::set_unhandled_exception_handler([&](std::string const&, std::exception_ptr error) {
        try {
          std::rethrow_exception(error);
        } catch (std::exception const& e) {
          told = e.what();
        }
      });
  bool closed = false;
  {
    auto numbers = std::make_unique<coir::generator<int>>([&](auto& yield) {
      try {
        yield(1);
      } catch (coir::generator_closed const&) {
        closed = true;
        throw;
      }
    });
    numbers->next();
    std::thread([moved = std::move(numbers)] {}).join();
  }
  coir::set_unhandled_exception_handler(before);
  EXPECT_NE(told.find("another thread"), std::string::npos);
  EXPECT_FALSE(closed);
}

TEST_P(GeneratorOnAny, OneMayOutliveTheRunThatBeganItOnTheSameThread) {
  if (GetParam() == coir::model::boost_fibers) GTEST_SKIP() << "its run has a thread of its own";
  auto numbers = count_to(3);
  in_run([&] { EXPECT_EQ(numbers.next(), 1); });
  EXPECT_EQ(numbers.next(), 2);
  in_run([&] { EXPECT_EQ(numbers.next(), 3); });
}

TEST(GeneratorOutsideOfARun, ABodyMayRunARun) {
  for (coir::model const kind : {coir::model::fibers, coir::model::threads, coir::model::serial}) {
    coir::generator<int> running([&](auto& yield) {
      yield(coir::run({.model = kind}, [] {
        coir::yield();
        return coir::spawn([] { return 3; }).get();
      }));
    });
    EXPECT_EQ(running.next(), 3);
    EXPECT_EQ(running.next(), std::nullopt);
  }
}

TEST(GeneratorDeathTest, ABodyThatNeverLetsItselfBeClosedEndsTheProcess) {
  EXPECT_DEATH(
      {
        coir::generator<int> immortal([](auto& yield) {
          for (;;) {
            try {
              yield(1);
            } catch (coir::generator_closed const&) {
            }
          }
        });
        immortal.next();
      },
      "goes on after 1000 yields");
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winfinite-recursion"
__attribute__((noinline)) int recurse(int depth) {
  int volatile frame[64] = {depth};
  return recurse(depth + 1) + frame[depth % 64];
}
#pragma GCC diagnostic pop

void overflow() {
  coir::generator<int> digging({.stack_size = 64 * 1024}, [](auto& yield) {
    yield(1);
    yield(recurse(0));
  });
  digging.next();
  digging.next();
}

TEST(GeneratorDeathTest, AnOverflowOfABodyNamesItsDriver) {
  for (coir::model const kind : {coir::model::fibers, coir::model::boost_fibers,
                                 coir::model::threads, coir::model::serial}) {
    if (!coir::is_available(kind) || (COIR_TSAN && kind == coir::model::boost_fibers)) continue;
    EXPECT_EXIT(
        coir::run({.model = kind}, [] { coir::spawn({.name = "digger"}, overflow).join(); }),
        testing::KilledBySignal(SIGSEGV),
        "stack overflow in task digger \\(id [0-9]+, stack size 65536\\)");
  }
  EXPECT_EXIT(overflow(), testing::KilledBySignal(SIGSEGV),
              "stack overflow in task \\(a plain thread's generator\\)");
}

}  // namespace
}  // namespace contract
