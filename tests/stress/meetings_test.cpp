// SPDX-License-Identifier: BSL-1.0
/// Conditions, events, barriers and promises under random timeouts and cancels: no notification is lost, all
/// parties of a round pass or none, everybody hears the same, and nobody is left parked.

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <vector>

#include "contract/witnesses.hpp"
#include "stress/stage.hpp"

namespace {

using namespace stress;

class MeetingStress : public at_places {};
INSTANTIATE_TEST_SUITE_P(Places, MeetingStress, testing::ValuesIn(all_places()), place_name);

/// A queue of room for two, made of a mutex and two conditions, which are notified one at a time: if one
/// notification is lost, somebody waits for ever.
class small_buffer {
 public:
  explicit small_buffer(std::size_t items) : put_(items), got_(items) {}

  void put(int item, dice& random) {
    std::unique_lock lock(mutex_);
    if (!wait(not_full_, lock, random, [this] { return items_.size() < 2; })) return;
    items_.push_back(item);
    ++put_[static_cast<std::size_t>(item)];
    not_empty_.notify_one();
  }

  void get(dice& random) {
    std::unique_lock lock(mutex_);
    if (!wait(not_empty_, lock, random, [this] { return !items_.empty() || closed_; })) return;
    if (items_.empty()) return;
    ++got_[static_cast<std::size_t>(items_.front())];
    items_.pop_front();
    not_full_.notify_one();
  }

  void close() {
    std::scoped_lock const held(mutex_);
    closed_ = true;
    not_empty_.notify_all();
  }

  [[nodiscard]] bool drained() {
    std::scoped_lock const held(mutex_);
    return closed_ && items_.empty();
  }

  void check() const {
    for (std::size_t i = 0; i < put_.size(); ++i) {
      ASSERT_LE(put_[i], 1) << "item " << i;
      ASSERT_EQ(put_[i], got_[i]) << "item " << i;
    }
  }

 private:
  /// False: not before a deadline. The lock is held in any case.
  template <class Ready>
  bool wait(coir::condition_variable& on, std::unique_lock<coir::mutex>& lock, dice& random,
            Ready ready) {
    bool done = false;
    switch (random.below(3)) {
      case 0: done = on.wait_for(lock, random.moment(100), ready); break;
      case 1:
        coir::move_on_after(random.moment(100), [&] { on.wait(lock, ready); });
        done = ready();
        break;
      default: on.wait(lock, ready); done = true;
    }
    EXPECT_TRUE(lock.owns_lock());
    return done;
  }

  coir::mutex mutex_;
  coir::condition_variable not_full_;
  coir::condition_variable not_empty_;
  std::deque<int> items_;
  bool closed_ = false;
  std::vector<int> put_;
  std::vector<int> got_;
};

TEST_P(MeetingStress, NoNotificationOfAConditionIsLost) {
  play_with_seeds(usual_seeds, [](stage& set) {
    constexpr int makers = 3;
    small_buffer buffer(static_cast<std::size_t>(makers * usual_times));
    std::atomic<int> next{0};
    std::atomic<int> still_making{makers * usual_times};
    coir::event all_made;
    auto const make = [&](dice& random) {
      contract::at_end const leave{[&] {
        if (--still_making == 0) all_made.set();
      }};
      buffer.put(next++, random);
    };
    auto const use = [&](dice& random) {
      do {
        buffer.get(random);
      } while (!buffer.drained());
    };
    for (int i = 0; i < makers - 1; ++i) set.cast(usual_times, make);
    set.cast_to_be_cancelled(usual_times, make);
    for (int i = 0; i < 3; ++i) set.cast(1, use);
    set.cast_to_be_cancelled(3, [&](dice& random) { buffer.get(random); });
    set.cast(1, [&](dice&) {
      all_made.wait();
      buffer.close();
    });
    set.play();
    buffer.check();
  });
}

TEST_P(MeetingStress, EverySetOfAnEventReachesAllWhoWait) {
  play_with_seeds(usual_seeds, [](stage& set) {
    coir::event e;
    std::atomic<int> waiters{4 * usual_times};
    auto const wait = [&](dice& random) {
      contract::at_end const leave{[&] { --waiters; }};
      switch (random.below(3)) {
        case 0: (void)e.wait_for(random.moment(100)); break;
        case 1: coir::move_on_after(random.moment(100), [&] { e.wait(); }); break;
        default: e.wait();
      }
    };
    for (int i = 0; i < 3; ++i) set.cast(usual_times, wait);
    set.cast_to_be_cancelled(usual_times, wait);
    // It is never left set for more than an instant: who was waiting then has to go on all the same.
    set.cast(1, [&](dice& random) {
      while (waiters > 0) {
        e.set();
        e.clear();
        coir::sleep_for(random.moment(50));
      }
    });
    set.play();
    EXPECT_FALSE(e.is_set());
  });
}

TEST_P(MeetingStress, EachRoundOfABarrierHasAllItsParties) {
  play_with_seeds(usual_seeds, [](stage& set) {
    constexpr std::size_t parties = 3;
    coir::barrier b(parties);
    std::array<std::atomic<int>, parties> passed{};
    auto const meet = [&](dice& random) {
      std::optional<std::size_t> number;
      if (random.below(2) == 0) {
        number = b.wait_for(random.moment(200));
      } else {
        coir::move_on_after(random.moment(200), [&] { number = b.wait(); });
      }
      if (number) ++passed[*number];
    };
    for (int i = 0; i < 4; ++i) set.cast(usual_times, meet);
    for (int i = 0; i < 2; ++i) set.cast_to_be_cancelled(usual_times, meet);
    set.play();
    for (auto const& each : passed) EXPECT_EQ(each, passed[0]);
    EXPECT_EQ(b.waiting(), 0u);
  });
}

TEST_P(MeetingStress, NobodyIsLeftAtABarrierThatIsAbortedAndReset) {
  play_with_seeds(usual_seeds, [](stage& set) {
    coir::barrier b(3);
    std::atomic<int> left{4 * usual_times};
    auto const meet = [&](dice& random) {
      contract::at_end const leave{[&] { --left; }};
      try {
        if (random.below(2) == 0) {
          (void)b.wait_for(random.moment(100));
        } else {
          b.wait();
        }
      } catch (coir::broken_barrier const&) {
        coir::yield();
      }
    };
    for (int i = 0; i < 3; ++i) set.cast(usual_times, meet);
    set.cast_to_be_cancelled(usual_times, meet);
    set.cast(1, [&](dice& random) {
      while (left > 0) {
        if (random.below(2) == 0) b.abort();
        b.reset();
        coir::sleep_for(random.moment(50));
      }
    });
    set.play();
    EXPECT_FALSE(b.is_broken());
    EXPECT_EQ(b.waiting(), 0u);
  });
}

/// A question that is answered once: with a number, an error, or not at all.
struct question {
  coir::promise<int> promise;
  coir::future<int> future = promise.get_future();
};

TEST_P(MeetingStress, AllWhoWaitForAPromiseHearTheSame) {
  contract::unhandled_log const those_nobody_asked_for;
  play_with_seeds(usual_seeds, [](stage& set) {
    std::vector<std::unique_ptr<question>> questions;
    std::vector<std::atomic<int>> heard(static_cast<std::size_t>(usual_times));
    for (int i = 0; i < usual_times; ++i) questions.push_back(std::make_unique<question>());
    auto const ask = [&](dice& random) {
      auto const which = static_cast<std::size_t>(random.below(usual_times));
      coir::future<int>& answer = questions[which]->future;
      int word = 0;
      try {
        switch (random.below(3)) {
          case 0:
            if (!answer.join_for(random.moment(200))) return;
            word = answer.get();
            break;
          case 1:
            if (!coir::move_on_after(random.moment(200), [&] { word = answer.get(); })) return;
            break;
          default: word = answer.get();
        }
      } catch (std::out_of_range const&) {
        word = -1;
      } catch (coir::broken_promise const&) {
        word = -2;
      }
      int none = 0;
      if (!heard[which].compare_exchange_strong(none, word)) {
        EXPECT_EQ(none, word);
      }
    };
    for (int i = 0; i < 4; ++i) set.cast(usual_times, ask);
    for (int i = 0; i < 2; ++i) set.cast_to_be_cancelled(usual_times, ask);
    std::atomic<std::size_t> next{0};
    set.cast(usual_times, [&](dice& random) {
      coir::promise<int> mine = std::move(questions[next++]->promise);
      coir::sleep_for(random.moment(20));
      switch (random.below(3)) {
        case 0: mine.set_value(static_cast<int>(next)); break;
        case 1: mine.set_exception(std::make_exception_ptr(std::out_of_range("no"))); break;
        default: break;
      }
    });
    set.play();
  });
}

}  // namespace
