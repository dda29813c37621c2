// SPDX-License-Identifier: BSL-1.0
/// Items that wait or use the very queue that moves them.

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "contract/models.hpp"
#include "contract/queue_kinds.hpp"

namespace contract {
namespace {

class QueueReentryOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueReentryOnAny, all_models, model_name);

class QueueReentryOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueReentryOn, concurrent_models, model_name);

using hook = std::function<void(int number)>;

/// A number that tells of its moves and its end.
struct lively {
  explicit lively(int number_) : number(number_) {}
  lively(lively&& other) noexcept(false) : number(other.number) {
    if (on_move) on_move(number);
  }
  lively& operator=(lively&&) = default;
  ~lively() {
    if (on_end) on_end(number);
  }
  friend bool operator<(lively const& a, lively const& b) { return a.number < b.number; }

  int number;
  static inline hook on_move;
  static inline hook on_end;
};

/// Returns once `count` of the queue's statistics is one.
template <class Queue>
void await_one(Queue const& q, std::size_t coir::queue_statistics::*count) {
  while (q.statistics().*count != 1) coir::yield();
}

/// Sets a hook for a while.
struct hooked {
  hooked(hook& which, hook what) : which_(which) { which_ = std::move(what); }
  ~hooked() { which_ = nullptr; }
  hook& which_;
};

// ---- putting from inside -----------------------------------------------------------------------

TEST_P(QueueReentryOnAny, QUE_22_AMoveIntoTheQueueMayPutIntoIt) {
  in_run([] {
    coir::queue<lively> q;
    {
      hooked const moves(lively::on_move, [&](int number) {
        if (number == 2) q.put(lively(1));
      });
      q.put(lively(2));
    }
    EXPECT_EQ(q.get().number, 1);  // its put ended first
    EXPECT_EQ(q.get().number, 2);
    EXPECT_EQ(q.try_get().has_value(), false);
  });
}

TEST_P(QueueReentryOnAny, QUE_22_AMoveOutOfTheQueueMayPutIntoIt) {
  in_run([] {
    on_each_store<lively>(0, [](auto q) {
      q.put(lively(1));
      {
        hooked const moves(lively::on_move, [&](int number) {
          if (number == 1) q.put(lively(2));
        });
        EXPECT_EQ(q.get().number, 1);
      }
      EXPECT_EQ(q.get().number, 2);
    });
  });
}

TEST_P(QueueReentryOnAny, QUE_22_ADestructorMayUseTheQueue) {
  in_run([] {
    on_each_store<lively>(0, [](auto q) {
      q.put(lively(1));
      {
        hooked const ends(lively::on_end, [&](int number) {
          if (number == 1 && q.statistics().unfinished < 2) q.put(lively(2));
        });
        q.get();
      }
      EXPECT_EQ(q.get().number, 2);
    });
  });
}

TEST_P(QueueReentryOnAny, QUE_22_WhatIsDroppedMayUseTheQueue) {
  in_run([] {
    on_each_store<lively>(0, [](auto q) {
      for (int i = 0; i < 3; ++i) q.put(lively(i));
      int ended = 0;
      hooked const ends(lively::on_end, [&](int) {
        ++ended;
        EXPECT_EQ(q.size(), 0u);
        EXPECT_THROW((void)q.try_get(), coir::queue_shut_down);
      });
      q.shutdown(true);
      EXPECT_EQ(ended, 3);
    });
  });
}

TEST_P(QueueReentryOn, QUE_22_AnEndingTaskMayPut) {
  in_run([] {
    coir::queue<int> q;
    auto getter = coir::spawn([&] { return q.get(); });
    await_parked(getter);
    auto ender = coir::spawn([] {});
    ender.on_done([&] {
      (void)q.try_put(1);
      (void)q.try_put(2);
    });
    EXPECT_EQ(getter.get(), 1);
    EXPECT_EQ(q.get(), 2);
  });
}

// ---- waiting inside ----------------------------------------------------------------------------

// A waker made before the move would be used up by the wait inside.
TEST_P(QueueReentryOn, FIB_03_AMoveThatWaitsDoesNotMakeItsPutMissItsWake) {
  in_run([] {
    hooked const moves(lively::on_move, [](int) { coir::sleep_for(10us); });
    on_each_kind<lively>(1, [](auto q) {
      if (q.capacity() == 1) q.put(lively(1));
      auto putter = coir::spawn([&] { q.put(lively(2)); });
      await_one(q, &coir::queue_statistics::waiting_putters);
      if (q.size() == 1) {
        EXPECT_EQ(q.get().number, 1);
      }
      EXPECT_EQ(q.get().number, 2);
      putter.get();
    });
  });
}

TEST_P(QueueReentryOn, FIB_03_AMoveThatWaitsDoesNotMakeItsGetLoseItsItem) {
  in_run([] {
    hooked const moves(lively::on_move, [](int) { coir::sleep_for(10us); });
    on_each_kind<lively>(0, [](auto q) {
      auto getter = coir::spawn([&] { return q.get().number; });
      await_one(q, &coir::queue_statistics::waiting_getters);
      q.put(lively(1));
      EXPECT_EQ(getter.get(), 1);
    });
  });
}

// No lock is held while an item moves: others use the queue meanwhile.
TEST_P(QueueReentryOn, FIB_07_WhileAMoveWaitsOthersPutAndGet) {
  in_run([] {
    on_each_store<lively>(0, [](auto q) {
      coir::event moving;
      coir::event go;
      hooked const moves(lively::on_move, [&](int number) {
        if (number != 1) return;
        moving.set();
        go.wait();
      });
      auto putter = coir::spawn([&] { q.put(lively(1)); });
      moving.wait();
      q.put(lively(2));
      EXPECT_EQ(q.get().number, 2);
      EXPECT_EQ(q.size(), 0u);
      go.set();
      putter.get();
      moving.clear();
      go.clear();
      auto getter = coir::spawn([&] { return q.get().number; });
      moving.wait();
      q.put(lively(3));
      EXPECT_EQ(q.get().number, 3);
      go.set();
      EXPECT_EQ(getter.get(), 1);
    });
  });
}

TEST_P(QueueReentryOn, FIB_07_ItemsThatYieldInEveryMoveAllArrive) {
  in_run([] {
    hooked const moves(lively::on_move, [](int) { coir::yield(); });
    on_each_kind<lively>(2, [](auto q) {
      constexpr int each_puts = 50;
      std::vector<int> got(2 * each_puts);
      coir::mutex lock;
      coir::group([&](coir::task_group& all) {
        for (int c = 0; c < 2; ++c)
          all.spawn([&] {
            for (lively const& item : q) {
              std::scoped_lock const held(lock);
              ++got[static_cast<std::size_t>(item.number)];
            }
          });
        coir::group([&](coir::task_group& makers) {
          for (int p = 0; p < 2; ++p)
            makers.spawn([&, p] {
              for (int i = 0; i < each_puts; ++i) q.put(lively(p * each_puts + i));
            });
        });
        q.shutdown();
      });
      EXPECT_EQ(got, std::vector<int>(2 * each_puts, 1));
    });
  });
}

// C4, C5: a cancel that is delivered inside a move out of the queue leaves the item there
TEST_P(QueueReentryOn, AMoveThatIsCancelledPutsItsItemBack) {
  in_run([] {
    coir::queue<lively> q;
    q.put(lively(1));
    q.put(lively(2));
    coir::event never_set;
    coir::task<> getter;
    {
      hooked const moves(lively::on_move, [&](int) { never_set.wait(); });
      getter = coir::spawn([&] { q.get(); });
      await_parked(getter);
      getter.cancel();
      EXPECT_THROW(getter.get(), coir::cancelled);
    }
    EXPECT_EQ(q.size(), 2u);
    EXPECT_EQ(q.get().number, 1);
    EXPECT_EQ(q.get().number, 2);
  });
}

}  // namespace
}  // namespace contract
