// SPDX-License-Identifier: BSL-1.0
/// task_done() and join(): counting what is dealt with.

#include <stdexcept>

#include "contract/models.hpp"
#include "contract/queue_kinds.hpp"

namespace contract {
namespace {

class QueueJoinOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueJoinOnAny, all_models, model_name);

class QueueJoinOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueJoinOn, concurrent_models, model_name);

template <class Queue>
auto parked_joiner(Queue const& q) {
  auto joiner = coir::spawn([q] { q.join(); });
  await_parked(joiner);
  return joiner;
}

// Q3
TEST_P(QueueJoinOnAny, QUE_12_OneTaskDoneTooManyIsALogicErrorAndCorruptsNothing) {
  in_run([] {
    on_each_store<int>(0, [](auto q) {
      EXPECT_THROW(q.task_done(), std::logic_error);
      for (int i = 1; i <= 2; ++i) {
        q.put(i);
        EXPECT_EQ(q.get(), i);
        q.task_done();
        EXPECT_THROW(q.task_done(), std::logic_error);
        q.join();
      }
      EXPECT_EQ(q.statistics().unfinished, 0u);
    });
  });
}

TEST_P(QueueJoinOn, QUE_12_WhatWasHandedOverCountsUntilItIsDone) {
  in_run([] {
    on_each_kind<int>(0, [](auto q) {
      auto getter = coir::spawn([&] { return q.get(); });
      await_parked(getter);
      q.put(1);
      EXPECT_EQ(getter.get(), 1);
      auto joiner = parked_joiner(q);
      q.task_done();
      joiner.get();
      EXPECT_THROW(q.task_done(), std::logic_error);
    });
  });
}

// Q2: an item of a putter that waits is not put yet
TEST_P(QueueJoinOn, QUE_12_WhatWaitsToBePutDoesNotCount) {
  in_run([] {
    on_each_full_kind(1, [](auto q) {
      if (q.size() == 1) q.task_done();
      auto putter = coir::spawn([&] { q.put(2); });
      await_parked(putter);
      q.join();
      EXPECT_THROW(q.task_done(), std::logic_error);
      putter.cancel();
      putter.join();
      q.join();
    });
  });
}

TEST_P(QueueJoinOn, JoinWaitsForTheLastTaskDone) {
  in_run([] {
    on_each_fifo<int>(0, [](auto q) {
      q.put(1);
      q.put(2);
      auto first = parked_joiner(q);
      auto second = parked_joiner(q);
      q.get();
      q.task_done();
      q.get();
      EXPECT_FALSE(first.done());
      EXPECT_FALSE(second.done());
      q.task_done();
      first.get();
      second.get();
    });
  });
}

TEST_P(QueueJoinOn, QUE_14_AJoinerIsReleasedThoughAnItemFollowsAtOnce) {
  in_run([] {
    on_each_store<int>(0, [](auto q) {
      q.put(1);
      auto joiner = parked_joiner(q);
      q.get();
      q.task_done();
      q.put(2);  // before the joiner runs
      joiner.get();
      EXPECT_EQ(q.statistics().unfinished, 1u);
      auto later = parked_joiner(q);
      EXPECT_EQ(q.get(), 2);
      q.task_done();
      later.get();
    });
  });
}

// C4
TEST_P(QueueJoinOn, AJoinerThatIsCancelledChangesNothing) {
  in_run([] {
    on_each_fifo<int>(0, [](auto q) {
      q.put(1);
      auto victim = parked_joiner(q);
      auto other = parked_joiner(q);
      victim.cancel();
      EXPECT_THROW(victim.get(), coir::cancelled);
      EXPECT_FALSE(coir::move_on_after(1ms, [&] { q.join(); }));
      EXPECT_EQ(q.statistics().waiting_joiners, 1u);
      q.task_done();
      other.get();
    });
  });
}

// C4, C5
TEST_P(QueueJoinOn, AJoinerCancelledAfterTheLastTaskDoneHasJoined) {
  in_run([] {
    on_each_fifo<int>(0, [](auto q) {
      q.put(1);
      bool joined = false;
      auto joiner = coir::spawn([&] {
        q.join();
        joined = true;
      });
      await_parked(joiner);
      q.task_done();
      joiner.cancel();
      joiner.get();
      EXPECT_TRUE(joined);
    });
  });
}

}  // namespace
}  // namespace contract
