// SPDX-License-Identifier: BSL-1.0
/// Waiting during unwinding: a cancel does not disturb it, a deadline of its own does (C6).

#include <atomic>
#include <exception>
#include <stdexcept>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class CleanupOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, CleanupOnAny, all_models, model_name);

class CleanupOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, CleanupOn, concurrent_models, model_name);

// C6
TEST_P(CleanupOnAny, AWaitInADestructorDuringTheUnwindingOfACancelIsUndisturbed) {
  in_run([] {
    coir::cancel_scope scope;
    bool waited = false;
    EXPECT_FALSE(scope.run([&] {
      at_end const cleanup{[&] {
        coir::sleep_for(1us);
        coir::yield();
        waited = true;
      }};
      scope.cancel();
      coir::yield();
    }));
    EXPECT_TRUE(waited);
  });
}

// C6
TEST_P(CleanupOn, AParkedWaitInADestructorDuringUnwindingIsNotCancelledAgain) {
  in_run([] {
    coir::event never_set;
    coir::event cleaned;
    coir::event unwinding;
    bool completed = false;
    auto task = coir::spawn([&] {
      at_end const cleanup{[&] {
        unwinding.set();
        cleaned.wait();
        completed = true;
      }};
      never_set.wait();
    });
    await_parked(task);
    task.cancel();
    unwinding.wait();
    await_parked(task);
    task.cancel();
    cleaned.set();
    task.join();
    EXPECT_TRUE(completed);
    EXPECT_TRUE(task.cancelled());
  });
}

// C6
TEST_P(CleanupOnAny, ATimeoutInADestructorDuringUnwindingWorks) {
  in_run([] {
    coir::cancel_scope scope;
    bool timed_out = false;
    EXPECT_FALSE(scope.run([&] {
      at_end const cleanup{[&] {
        try {
          coir::timeout(1ms, [] { coir::sleep_for(1h); });
        } catch (coir::timeout_error const&) {
          timed_out = true;
        }
      }};
      scope.cancel();
      coir::yield();
    }));
    EXPECT_TRUE(timed_out);
  });
}

// C6
TEST_P(CleanupOnAny, ACancelPendingDuringTheUnwindingOfAnotherExceptionWaitsForItsEnd) {
  in_run([] {
    coir::cancel_scope scope;
    bool waited = false;
    EXPECT_FALSE(scope.run([&] {
      try {
        at_end const cleanup{[&] {
          scope.cancel();
          coir::yield();
          waited = true;
        }};
        throw std::runtime_error("first");
      } catch (std::runtime_error const&) {
      }
      EXPECT_TRUE(waited);
      coir::yield();
      FAIL() << "went on";
    }));
  });
}

// C6 across switches: each task has its own count of exceptions in flight
TEST(CleanupOnFibers, TheUnwindingOfOneTaskDoesNotShieldAnother) {
  coir::run([] {
    coir::event unwinding;
    coir::event go_on;
    auto first = coir::spawn([&] {
      at_end const cleanup{[&] {
        unwinding.set();
        go_on.wait();
      }};
      throw std::runtime_error("first");
    });
    auto second = coir::spawn([&] {
      unwinding.wait();
      EXPECT_EQ(std::uncaught_exceptions(), 0);
      coir::event().wait();
    });
    await_parked(second);
    unwinding.wait();
    await_parked(first);
    await_parked(second);
    EXPECT_EQ(std::uncaught_exceptions(), 0);
    second.cancel();
    second.join();
    EXPECT_TRUE(second.cancelled());
    go_on.set();
    EXPECT_THROW(first.get(), std::runtime_error);
  });
}

// C6: in a handler no exception is in flight, however deep it stands
TEST_P(CleanupOnAny, ACancelIsDeliveredInAHandlerInsideACleanupOnlyAfterIt) {
  in_run([] {
    coir::cancel_scope scope;
    bool waited = false;
    bool delivered = false;
    EXPECT_FALSE(scope.run([&] {
      try {
        at_end const cleanup{[&] {
          try {
            throw std::out_of_range("inner");
          } catch (std::out_of_range const&) {
            scope.cancel();
            coir::yield();  // the outer one is still in flight
            waited = true;
          }
        }};
        throw std::runtime_error("outer");
      } catch (std::runtime_error const&) {
        try {
          coir::yield();  // now none is
        } catch (coir::cancelled const&) {
          delivered = true;
          throw;
        }
      }
    }));
    EXPECT_TRUE(waited);
    EXPECT_TRUE(delivered);
  });
}

// C6, G2: a group that is opened by a cleanup has tasks that begin, and may be cancelled itself
TEST_P(CleanupOn, TMO_14_AGroupAndATimeoutInACleanupWork) {
  in_run([] {
    std::atomic<int> ran = 0;
    bool timed_out = false;
    EXPECT_THROW(coir::timeout(1ms,
                               [&] {
                                 at_end const cleanup{[&] {
                                   coir::group([&](coir::task_group& g) {
                                     g.spawn([&] {
                                       coir::yield();
                                       ++ran;
                                     });
                                   });
                                   try {
                                     coir::timeout(1ms, [] { coir::event().wait(); });
                                   } catch (coir::timeout_error const&) {
                                     timed_out = true;
                                   }
                                 }};
                                 coir::event().wait();
                               }),
                 coir::timeout_error);
    EXPECT_EQ(ran, 1);
    EXPECT_TRUE(timed_out);
  });
}

// C6: a handle dropped by a cleanup ends its task
TEST_P(CleanupOn, AHandleDroppedDuringUnwindingEndsItsTask) {
  in_run([] {
    std::atomic<int> cancelled = 0;
    EXPECT_THROW(
        {
          auto task = coir::spawn([&] { wait_for_cancel(cancelled); });
          await_parked(task);
          throw std::out_of_range("mine");
        },
        std::out_of_range);
    EXPECT_EQ(cancelled, 1);
  });
}

}  // namespace
}  // namespace contract
