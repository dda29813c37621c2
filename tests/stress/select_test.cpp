// SPDX-License-Identifier: BSL-1.0
/// Selects against selects, plain puts and gets, deadlines and cancels, very often.

#include <array>
#include <atomic>
#include <cstddef>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"
#include "stress/stage.hpp"

namespace {

#if COIR_TSAN || COIR_ASAN
constexpr int rounds = 1'000;
#else
constexpr int rounds = 10'000;
#endif

/// Two of each kind of queue, and how often each item was put and got.
struct market {
  explicit market(std::size_t items) : put(items), got(items) {}

  coir::queue<int> narrow{1};
  coir::priority_queue<int> sorted{2};
  coir::rendezvous<int> hand;
  std::vector<std::atomic<int>> put;
  std::vector<std::atomic<int>> got;

  void note_put(int item) { ++put[static_cast<std::size_t>(item)]; }
  void note_got(int item) { ++got[static_cast<std::size_t>(item)]; }

  void shut_down() {
    narrow.shutdown();
    sorted.shutdown();
    hand.shutdown();
  }

  /// Offers `item` everywhere, for a random time; while it waits it may buy. False: it was not put.
  bool sell(int item, stress::dice& random) {
    bool sold = false;
    auto const done = [&] {
      note_put(item);
      sold = true;
    };
    auto const buy = [&](int other) { note_got(other); };
    coir::time_point const limit = coir::now() + random.moment(300);
    switch (random.below(4)) {
      case 0:
        coir::select(coir::on_put(narrow, item, done), coir::on_put(sorted, item, done),
                     coir::on_put(hand, item, done), coir::after(limit));
        break;
      case 1:
        coir::select(coir::on_get(hand, buy), coir::on_put(hand, item, done),
                     coir::on_get(narrow, buy), coir::after(limit));
        break;
      case 2:
        coir::select(coir::on_put(sorted, item, done), coir::on_get(sorted, buy),
                     coir::on_put(sorted, item, done), coir::otherwise());
        break;
      default:
        if (hand.put_until(item, limit)) done();
    }
    return sold;
  }

  /// Takes what comes, until all is shut down.
  void buy(stress::dice& random) {
    auto const keep = [&](int item) { note_got(item); };
    std::array<bool, 3> open{true, true, true};
    while (open[0] || open[1] || open[2]) {
      auto const close = [&](std::size_t which) { return [&open, which] { open[which] = false; }; };
      switch (random.below(3)) {
        case 0:
          coir::select(coir::on_get(hand, keep, close(0)), coir::on_get(sorted, keep, close(1)),
                       coir::after(random.moment(100)));
          break;
        case 1:
          coir::select(coir::on_get(narrow, keep, close(2)), coir::on_get(hand, keep, close(0)));
          break;
        default:
          coir::select(coir::on_get(sorted, keep, close(1)), coir::on_get(narrow, keep, close(2)),
                       coir::on_get(sorted, keep, close(1)));
      }
    }
  }

  void expect_all_done() {
    for (std::size_t i = 0; i < put.size(); ++i) ASSERT_EQ(put[i], got[i]) << "item " << i;
    for (auto const& stats : {narrow.statistics(), sorted.statistics(), hand.statistics()})
      EXPECT_EQ(stats.size + stats.waiting_getters + stats.waiting_putters, 0u);
  }
};

class SelectAtPlaces : public stress::at_places {};
INSTANTIATE_TEST_SUITE_P(Places, SelectAtPlaces, testing::ValuesIn(stress::all_places()),
                         stress::place_name);

/// Sellers, buyers, and ones that are cancelled again and again.
TEST_P(SelectAtPlaces, EachItemIsGotExactlyOnceUnderDeadlinesAndCancels) {
  constexpr int sellers = 4;
  constexpr int each_sells = rounds / 40;
  play_with_seeds(stress::usual_seeds / 2, [](stress::stage& set) {
    market all(static_cast<std::size_t>(sellers * each_sells));
    std::atomic<int> next{0};
    std::atomic<int> unsold{sellers * each_sells};
    auto const sell = [&](stress::dice& random) {
      contract::at_end const leave{[&] {
        if (--unsold == 0) all.shut_down();
      }};
      int const item = next++;
      try {
        while (!all.sell(item, random) && random.below(2) == 0) {
        }
      } catch (coir::queue_shut_down const&) {
        ADD_FAILURE() << "shut down too soon";
      }
    };
    for (int i = 0; i < sellers - 1; ++i) set.cast(each_sells, sell);
    set.cast_to_be_cancelled(each_sells, sell);
    for (int i = 0; i < 2; ++i) set.cast(1, [&](stress::dice& random) { all.buy(random); });
    set.cast_to_be_cancelled(rounds / 100, [&](stress::dice& random) { all.buy(random); });
    set.play();
    all.expect_all_done();
  });
}

class SelectStress : public contract::on_model {};
INSTANTIATE_TEST_SUITE_P(Models, SelectStress, contract::concurrent_models, contract::model_name);

/// Each puts where the other gets, named in opposite order: who locked in that order would hang.
TEST_P(SelectStress, TwoThatSelectOnTwoRendezvousInOppositeOrder) {
  coir::rendezvous<int> east;
  coir::rendezvous<int> west;
  std::atomic<int> given{0};
  std::atomic<int> taken{0};
  auto const give = [&] { ++given; };
  auto const take = [&](int) { ++taken; };
  std::thread outside([&] {
    for (int i = 0; i < rounds; ++i)
      coir::select(coir::on_put(east, i, give), coir::on_get(west, take));
  });
  in_run([&] {
    for (int i = 0; i < rounds; ++i)
      coir::select(coir::on_put(west, i, give), coir::on_get(east, take));
  });
  outside.join();
  EXPECT_EQ(given, rounds);
  EXPECT_EQ(taken, rounds);
}

/// Everybody can trade with everybody: every meeting is of two.
TEST_P(SelectStress, ManyThatPutAndGetEverywhere) {
  constexpr int traders = 6;  // two of them plain threads
  std::array<coir::rendezvous<int>, 3> places;
  std::atomic<int> given{0};
  std::atomic<int> taken{0};
  coir::event closed;
  auto const trade = [&](int who) {
    bool open = true;
    auto const give = [&] {
      if (++given == rounds) closed.set();
    };
    auto const take = [&](int from) {
      EXPECT_NE(from, who);
      ++taken;
    };
    auto const& [a, b, c] = places;
    while (open)
      coir::select(coir::on_put(a, who, give), coir::on_get(b, take), coir::on_put(c, who, give),
                   coir::on_get(a, take), coir::on_put(b, who, give), coir::on_get(c, take),
                   coir::on_set(closed, [&] { open = false; }));
  };
  std::thread first(trade, 0);
  std::thread second(trade, 1);
  in_run([&] {
    coir::group([&](coir::task_group& tasks) {
      for (int who = 2; who < traders; ++who) tasks.spawn(trade, who);
    });
  });
  first.join();
  second.join();
  EXPECT_EQ(given, taken);
  EXPECT_GE(given, rounds);
}

/// Tasks that end while others begin to wait for them, and get items meanwhile.
TEST_P(SelectStress, EndsAndItemsAtTheSameTime) {
  in_run([&] {
    std::mt19937 random(std::random_device{}());
    coir::queue<int> items;
    int got = 0;
    int put = 0;
    for (int i = 0; i < rounds / 4; ++i) {
      auto const spin = random() % 50;
      auto const work = [&, spin] {
        for (unsigned s = 0; s < spin; ++s) coir::this_task::checkpoint();
        items.put(1);
      };
      auto one = coir::spawn(work);
      auto two = coir::spawn(work);
      put += 2;
      bool one_ended = false, two_ended = false;
      while (!one_ended || !two_ended || got < put) {
        auto const count = [&](int item) { got += item; };
        if (!one_ended && !two_ended) {
          coir::select(coir::on_end(one, [&] { one_ended = true; }), coir::on_get(items, count),
                       coir::on_end(two, [&] { two_ended = true; }));
        } else if (!one_ended) {
          coir::select(coir::on_get(items, count), coir::on_end(one, [&] { one_ended = true; }));
        } else if (!two_ended) {
          coir::select(coir::on_end(two, [&] { two_ended = true; }), coir::on_get(items, count));
        } else {
          coir::select(coir::on_get(items, count));
        }
      }
    }
    EXPECT_EQ(got, put);
    EXPECT_TRUE(items.empty());
  });
}

}  // namespace
