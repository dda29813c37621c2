// SPDX-License-Identifier: BSL-1.0
/// Queues of every kind under random timeouts, cancels, shutdowns and failing moves, by tasks and by
/// plain threads: each item is got exactly once, or was dropped, or was refused.

#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "stress/stage.hpp"

namespace {

using namespace stress;

#if COIR_TSAN || COIR_ASAN
constexpr int each_puts = 100;
#else
constexpr int each_puts = 400;
#endif
constexpr int producers = 4;  // the last of them is cancelled again and again
constexpr int consumers = 4;  // likewise

/// A number whose move into and out of a queue fails now and then, and then changes nothing.
struct frail {
  explicit frail(int number_) : number(number_) {}
  frail(frail&& other) : number(other.number) {
    if (moves.fetch_add(1, std::memory_order_relaxed) % 7 == 0) throw std::runtime_error("no move");
  }
  frail& operator=(frail&&) = default;
  friend bool operator<(frail const& a, frail const& b) { return a.number < b.number; }

  int number;
  static inline std::atomic<unsigned> moves{0};
};

int number_of(int item) { return item; }
int number_of(frail const& item) { return item.number; }

enum class ending { drained, early, immediate };

/// One queue, those who use it, and what became of each item.
template <class Queue>
class scene {
 public:
  using item_type = typename Queue::value_type;

  scene(Queue q, unsigned seed, ending how)
      : q_(std::move(q)), seed_(seed), how_(how), put_(items), got_(items) {}

  /// Plays it at the place, there half of the actors on plain threads if it has them.
  void play(place const& where) {
    std::vector<std::thread> threads;
    std::vector<std::function<void()>> tasks;
    auto cast = [&](int number, auto act) {
      if (where.with_threads && number % 2 == 0) {
        threads.emplace_back(act);
      } else {
        tasks.emplace_back(act);
      }
    };
    for (int p = 0; p < producers - 1; ++p) cast(p, [this, p] { produce(p); });
    for (int c = 0; c < consumers - 1; ++c) cast(c, [this, c] { consume(c); });
    tasks.emplace_back([this] { produce_under_cancels(); });
    tasks.emplace_back([this] { consume_under_cancels(); });
    tasks.emplace_back([this] { join_now_and_then(); });
    if (how_ != ending::drained) tasks.emplace_back([this] { end_early(); });
    run_at(where, seed_, [&] {
      coir::group([&](coir::task_group& all) {
        for (auto& each : tasks) all.spawn(each);
      });
    });
    for (auto& each : threads) each.join();
  }

  void check() {
    int dropped = 0;
    for (std::size_t i = 0; i < items; ++i) {
      ASSERT_LE(put_[i], 1) << "item " << i;
      ASSERT_LE(got_[i], put_[i]) << "item " << i;
      dropped += put_[i] - got_[i];
    }
    if (how_ != ending::immediate) {
      EXPECT_EQ(dropped, 0);
    }
    auto const now = q_.statistics();
    EXPECT_EQ(now.size, 0u);
    EXPECT_EQ(now.unfinished, 0u);
    EXPECT_EQ(now.waiting_getters + now.waiting_putters + now.waiting_joiners, 0u);
    EXPECT_THROW((void)q_.try_get(), coir::queue_shut_down);
  }

 private:
  static constexpr std::size_t items = producers * each_puts;
  static constexpr bool in_order =
      std::is_same_v<Queue, coir::queue<int>> || std::is_same_v<Queue, coir::rendezvous<int>>;

  // ---- producers

  void produce(int p) {
    dice random(seed_, p);
    int next = 0;
    produce_from(p, next, random);
    one_maker_less();
  }

  /// Puts what producer `p` has left. `next` is stepped before each put, so an item that a cancel has
  /// stopped is not tried again.
  void produce_from(int p, int& next, dice& random) {
    try {
      while (next < each_puts) {
        int const number = p * each_puts + next++;
        try {
          if (put_one(item_type(number), random)) ++put_[static_cast<std::size_t>(number)];
        } catch (std::runtime_error const& refused) {
          if (dynamic_cast<coir::queue_shut_down const*>(&refused) != nullptr) throw;
        }
      }
    } catch (coir::queue_shut_down const&) {
      next = each_puts;
    }
  }

  bool put_one(item_type item, dice& random) {
    switch (random.below(4)) {
      case 0: return q_.try_put(std::move(item));
      case 1: return q_.put_for(std::move(item), random.moment(100));
      case 2: return coir::move_on_after(random.moment(100), [&] { q_.put(std::move(item)); });
      default: q_.put(std::move(item)); return true;
    }
  }

  void produce_under_cancels() {
    dice random(seed_, 100);
    for (int next = 0; next < each_puts;) {
      auto victim = coir::spawn([&] {
        dice own(seed_, 101 + next);
        produce_from(producers - 1, next, own);
      });
      coir::sleep_for(random.moment(100));
      victim.cancel();
      victim.join();
    }
    one_maker_less();
  }

  void one_maker_less() {
    if (--makers_ == 0) q_.shutdown();
  }

  // ---- consumers

  void consume(int c) {
    dice random(seed_, 1000 + c);
    std::vector<int> last(producers, -1);
    consume_until_shut_down(random, last);
  }

  void consume_under_cancels() {
    dice random(seed_, 2000);
    std::vector<int> last(producers, -1);
    for (;;) {
      auto victim = coir::spawn([&, actor = 2001 + random.below(1000)] {
        dice own(seed_, actor);
        consume_until_shut_down(own, last);
      });
      coir::sleep_for(random.moment(100));
      victim.cancel();
      victim.join();
      if (!victim.cancelled()) return;  // it has seen the shutdown
    }
  }

  void consume_until_shut_down(dice& random, std::vector<int>& last) {
    for (;;) {
      try {
        get_one(random, last);
      } catch (coir::queue_shut_down const&) {
        return;
      } catch (std::runtime_error const&) {  // it could not be moved, and is back in the queue
      }
    }
  }

  void get_one(dice& random, std::vector<int>& last) {
    switch (random.below(5)) {
      case 0:
        if (auto item = q_.try_get()) {
          note(number_of(*item), last);
        } else {
          coir::yield();
        }
        break;
      case 1:
        if (auto item = q_.get_for(random.moment(100))) note(number_of(*item), last);
        break;
      case 2:
        coir::move_on_after(random.moment(100), [&] { note(number_of(q_.get()), last); });
        break;
      case 3:
        for (auto& item : q_) {
          note(number_of(item), last);
          if (random.below(3) == 0) break;
        }
        break;
      default: note(number_of(q_.get()), last);
    }
  }

  /// Of one producer's items, each consumer gets the older first.
  void note(int number, std::vector<int>& last) {
    ++got_[static_cast<std::size_t>(number)];
    q_.task_done();
    int& before = last[static_cast<std::size_t>(number / each_puts)];
    if (in_order) {
      EXPECT_LT(before, number);
    }
    before = number;
  }

  // ---- others

  void join_now_and_then() {
    dice random(seed_, 3000);
    for (int i = 0; i < 20; ++i) coir::move_on_after(random.moment(200), [&] { q_.join(); });
    q_.join();
  }

  void end_early() {
    dice random(seed_, 4000);
    coir::sleep_for(random.moment(3000));
    q_.shutdown(how_ == ending::immediate);
  }

  Queue q_;
  unsigned const seed_;
  ending const how_;
  std::atomic<int> makers_{producers};
  std::vector<std::atomic<int>> put_;
  std::vector<std::atomic<int>> got_;
};

class QueueStressTest : public testing::TestWithParam<place> {
 protected:
  template <class Queue, class... Args>
  void play_every_ending(char const* name, Args... args) {
    for (ending const how : {ending::drained, ending::early, ending::immediate}) {
      SCOPED_TRACE(std::string(name) + ", ending " + std::to_string(static_cast<int>(how)));
      frail::moves = 0;
      scene<Queue> it(Queue(args...), seed_++, how);
      it.play(GetParam());
      it.check();
    }
  }

  template <class T>
  void play_every_kind() {
    SCOPED_TRACE("COIR_SEED=" + std::to_string(seed_));
    play_every_ending<coir::queue<T>>("queue", 2u);
    play_every_ending<coir::queue<T>>("unbounded queue", 0u);
    play_every_ending<coir::lifo_queue<T>>("lifo_queue", 3u);
    play_every_ending<coir::priority_queue<T>>("priority_queue", 3u);
    play_every_ending<coir::rendezvous<T>>("rendezvous");
  }

  unsigned seed_ = new_seed();
};
INSTANTIATE_TEST_SUITE_P(Places, QueueStressTest, testing::ValuesIn(all_places()), place_name);

TEST_P(QueueStressTest, EachItemIsGotOnceOrDroppedOrRefused) { play_every_kind<int>(); }

TEST_P(QueueStressTest, ItemsWhoseMovesFailAreNotLost) { play_every_kind<frail>(); }

}  // namespace
