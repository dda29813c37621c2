// SPDX-License-Identifier: BSL-1.0
/// Select when it has to wait: who makes it go on, and that nobody else does.

#include <memory>
#include <string>
#include <utility>

#include "contract/models.hpp"

namespace contract {
namespace {

class SelectWaitOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SelectWaitOn, concurrent_models, model_name);

using SelectInVirtualTime = virtual_run;

template <class Queue>
std::size_t waiting_in(Queue const& q) {
  auto const stats = q.statistics();
  return stats.waiting_getters + stats.waiting_putters;
}

void unwanted(int) { ADD_FAILURE() << "it got what it should not"; }

/// One of everything that a select can wait for, and a task that does.
struct everything {
  coir::queue<int> first;
  coir::rendezvous<int> second;
  coir::queue<std::unique_ptr<int>> full{1};
  coir::event never_set, set_later;
  std::unique_ptr<int> lent = std::make_unique<int>(3);
  coir::task<> helper = coir::spawn([this] { never_set.wait(); });
  int got = 0;
  coir::task<std::size_t> waiter;

  everything() {
    full.put(nullptr);
    waiter = coir::spawn([this] {
      auto const note = [this](int item) { got = item; };
      return coir::select(coir::on_get(first, note), coir::on_get(second, note),
                          coir::on_put(full, std::move(lent)), coir::on_set(set_later),
                          coir::on_end(helper));
    });
    await_parked(waiter);
  }

  /// The select has ended with `place`, and left no trace where it has not won.
  void expect_won(std::size_t place) {
    EXPECT_EQ(waiter.get(), place);
    EXPECT_EQ(got, place == 0 ? 1 : place == 1 ? 2 : 0);
    EXPECT_EQ(lent == nullptr, place == 2);
    EXPECT_EQ(waiting_in(first) + waiting_in(second) + waiting_in(full), 0u);
    EXPECT_EQ(first.size() + second.size(), 0u);
    helper.cancel();
    helper.join();
    set_later.set();  // nobody is there to be woken
  }
};

TEST_P(SelectWaitOn, APutMakesItsGetWin) {
  in_run([] {
    everything all;
    all.first.put(1);
    all.expect_won(0);
  });
}

TEST_P(SelectWaitOn, APutWithoutRoomMakesItsGetWin) {
  in_run([] {
    everything all;
    all.second.put(2);
    all.expect_won(1);
  });
}

TEST_P(SelectWaitOn, AGetMakesItsPutWin) {
  in_run([] {
    everything all;
    EXPECT_EQ(all.full.get(), nullptr);
    all.expect_won(2);
    EXPECT_EQ(*all.full.get(), 3);
  });
}

TEST_P(SelectWaitOn, AnEventMakesItWinEvenIfClearedAtOnce) {
  in_run([] {
    everything all;
    all.set_later.set();
    all.set_later.clear();
    all.expect_won(3);
  });
}

TEST_P(SelectWaitOn, TheEndOfATaskMakesItWin) {
  in_run([] {
    everything all;
    all.never_set.set();
    all.expect_won(4);
  });
}

// C4
TEST_P(SelectWaitOn, ACancelMakesNobodyWin) {
  in_run([] {
    everything all;
    all.waiter.cancel();
    EXPECT_THROW(all.waiter.get(), coir::cancelled);
    ASSERT_NE(all.lent, nullptr);
    EXPECT_EQ(*all.lent, 3);
    EXPECT_EQ(waiting_in(all.first) + waiting_in(all.second) + waiting_in(all.full), 0u);
    all.first.put(5);
    EXPECT_EQ(all.first.get(), 5);
    EXPECT_EQ(all.got, 0);
    all.never_set.set();
    all.helper.join();
  });
}

// S4: a cancel that is there comes first, even when something could happen
TEST_P(SelectWaitOn, ACancelThatIsThereComesFirst) {
  in_run([] {
    coir::queue<int> q;
    q.put(1);
    coir::cancel_scope scope;
    scope.cancel();
    EXPECT_FALSE(scope.run([&] { coir::select(coir::on_get(q, unwanted), coir::otherwise()); }));
    EXPECT_EQ(q.size(), 1u);
  });
}

TEST_P(SelectWaitOn, ADeadlineEndsItWithoutATrace) {
  in_run([] {
    coir::queue<int> q;
    auto const start = coir::now();
    EXPECT_EQ(coir::select(coir::on_get(q, unwanted), coir::after(2ms)), 1u);
    EXPECT_GE(coir::now() - start, 2ms);
    EXPECT_EQ(waiting_in(q), 0u);
    q.put(1);
    EXPECT_EQ(q.size(), 1u);
  });
}

// C8: who waits for an end does not cause it
TEST_P(SelectWaitOn, ATimeoutAroundItLeavesTheTaskAlone) {
  in_run([] {
    coir::event end;
    auto const other = coir::spawn([&] { end.wait(); });
    EXPECT_THROW(coir::timeout(1ms, [&] { coir::select(coir::on_end(other)); }),
                 coir::timeout_error);
    EXPECT_FALSE(other.done());
    end.set();
    other.join();
    EXPECT_FALSE(other.cancelled());
  });
}

// Q2
TEST_P(SelectWaitOn, AShutdownThatComesLaterWins) {
  in_run([] {
    coir::queue<int> empty;
    coir::queue<std::unique_ptr<int>> full(1);
    full.put(nullptr);
    auto mine = std::make_unique<int>(1);
    auto const wait = [&] {
      coir::select(coir::on_get(empty, unwanted), coir::on_put(full, std::move(mine)));
    };
    auto putting = coir::spawn(wait);
    await_parked(putting);
    full.shutdown();
    EXPECT_THROW(putting.get(), coir::queue_shut_down);
    ASSERT_NE(mine, nullptr);
    EXPECT_EQ(waiting_in(empty), 0u);

    auto getting = coir::spawn([&] {
      return coir::select(coir::on_get(
          empty, [](int item) { return item; }, [] { return -1; }));
    });
    await_parked(getting);
    empty.shutdown();
    EXPECT_EQ(getting.get(), -1);
  });
}

TEST_P(SelectWaitOn, TheHandlerRunsWhenNothingIsLinkedAnyMore) {
  in_run([] {
    coir::queue<int> won;
    coir::queue<int> lost;
    auto waiter = coir::spawn([&] {
      coir::select(coir::on_get(lost, unwanted), coir::on_get(won, [&](int) {
                     EXPECT_EQ(waiting_in(lost) + waiting_in(won), 0u);
                     EXPECT_EQ(lost.get(), 2);
                   }));
    });
    await_parked(waiter);
    won.put(1);
    lost.put(2);
    waiter.get();
  });
}

// T2, T3
TEST_F(SelectInVirtualTime, TimeIsExact) {
  in_run([&] {
    coir::queue<int> q;
    EXPECT_EQ(coir::select(coir::on_get(q, unwanted), coir::after(3s), coir::after(begin + 2s)),
              2u);
    EXPECT_EQ(elapsed(), 2s);
    auto putter = coir::spawn([&] {
      coir::sleep_for(1s);
      q.put(1);
    });
    EXPECT_EQ(coir::select(coir::after(2s), coir::on_get(q, [](int) {})), 1u);
    EXPECT_EQ(elapsed(), 3s);
    coir::sleep_for(5s);  // the deadline that lost has left no timer
    EXPECT_EQ(elapsed(), 8s);
    putter.join();
  });
}

// S5
TEST_F(SelectInVirtualTime, ADeadlockIsNamed) {
  try {
    in_run([] {
      coir::queue<int> q;
      coir::select(coir::on_get(q));
    });
    ADD_FAILURE() << "it came to an end";
  } catch (coir::deadlock const& e) {
    EXPECT_NE(std::string(e.what()).find("select"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace contract
