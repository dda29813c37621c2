// SPDX-License-Identifier: BSL-1.0
/// Locks, permits and tokens under random timeouts and cancels, by tasks and by plain threads: never more
/// inside than may be, and at the end none is lost.

#include <atomic>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>

#include "stress/stage.hpp"

namespace {

using namespace stress;

class LockStress : public at_places {};
INSTANTIATE_TEST_SUITE_P(Places, LockStress, testing::ValuesIn(all_places()), place_name);

/// Gets into `lock` in one of the ways there are, or not; `how` is 0 to 4.
template <class Lock>
std::optional<std::unique_lock<Lock>> get_in(Lock& lock, dice& random) {
  std::unique_lock<Lock> held(lock, std::defer_lock);
  switch (random.below(5)) {
    case 0: (void)held.try_lock(); break;
    case 1: (void)held.try_lock_for(random.moment(100)); break;
    case 2: (void)held.try_lock_until(coir::now() + random.moment(100)); break;
    case 3: coir::move_on_after(random.moment(100), [&] { held.lock(); }); break;
    default: held.lock();
  }
  if (!held.owns_lock()) return std::nullopt;
  return held;
}

/// What one does inside.
void stay(dice& random) {
  switch (random.below(4)) {
    case 0: break;
    case 1: coir::sleep_for(random.moment(30)); break;
    default: coir::yield();
  }
}

/// Counts who is inside.
class room {
 public:
  struct presence {
    room& in;
    ~presence() { --in.inside_; }
  };
  [[nodiscard]] presence enter(int most) {
    EXPECT_LE(++inside_, most);
    return {*this};
  }
  [[nodiscard]] int inside() const { return inside_; }

 private:
  std::atomic<int> inside_{0};
};

TEST_P(LockStress, AMutexIsNeitherSharedNorLost) {
  play_with_seeds(usual_seeds, [](stage& set) {
    coir::mutex m;
    room inside;
    auto const visit = [&](dice& random) {
      if (auto const held = get_in(m, random)) {
        auto const here = inside.enter(1);
        stay(random);
      }
    };
    for (int i = 0; i < 4; ++i) set.cast(usual_times, visit);
    for (int i = 0; i < 2; ++i) set.cast_to_be_cancelled(usual_times, visit);
    set.play();
    EXPECT_FALSE(m.is_locked());
    EXPECT_TRUE(m.try_lock());
    m.unlock();
  });
}

TEST_P(LockStress, TwoMutexesTakenTogetherAreNotLost) {
  play_with_seeds(usual_seeds, [](stage& set) {
    coir::mutex one;
    coir::mutex other;
    room inside;
    auto const visit = [&](dice& random) {
      coir::move_on_after(random.moment(200), [&] {
        if (random.below(2) == 0) {
          std::scoped_lock const held(one, other);
          auto const here = inside.enter(1);
          stay(random);
        } else {
          std::scoped_lock const held(other, one);
          auto const here = inside.enter(1);
          stay(random);
        }
      });
    };
    for (int i = 0; i < 3; ++i) set.cast(usual_times / 2, visit);
    set.cast_to_be_cancelled(usual_times / 2, visit);
    set.play();
    EXPECT_FALSE(one.is_locked() || other.is_locked());
  });
}

TEST_P(LockStress, ASharedMutexHasManyReadersOrOneWriter) {
  play_with_seeds(usual_seeds, [](stage& set) {
    coir::shared_mutex m;
    room readers;
    room writers;
    auto const write = [&](dice& random) {
      if (auto const held = get_in(m, random)) {
        auto const here = writers.enter(1);
        EXPECT_EQ(readers.inside(), 0);
        stay(random);
        EXPECT_EQ(readers.inside(), 0);
      }
    };
    auto const read = [&](dice& random) {
      std::shared_lock held(m, std::defer_lock);
      switch (random.below(4)) {
        case 0: (void)held.try_lock(); break;
        case 1: (void)held.try_lock_for(random.moment(100)); break;
        case 2: coir::move_on_after(random.moment(100), [&] { held.lock(); }); break;
        default: held.lock();
      }
      if (!held.owns_lock()) return;
      auto const here = readers.enter(5);
      EXPECT_EQ(writers.inside(), 0);
      stay(random);
      EXPECT_EQ(writers.inside(), 0);
    };
    for (int i = 0; i < 2; ++i) set.cast(usual_times, write);
    for (int i = 0; i < 4; ++i) set.cast(usual_times, read);
    set.cast_to_be_cancelled(usual_times, write);
    set.cast_to_be_cancelled(usual_times, read);
    set.play();
    EXPECT_EQ(m.readers(), 0u);
    EXPECT_TRUE(m.try_lock());
    m.unlock();
  });
}

/// Takes a permit in one of the ways there are: whether it did.
template <class Permits>
bool take(Permits& permits, dice& random) {
  bool taken = false;
  switch (random.below(4)) {
    case 0: taken = permits.try_acquire(); break;
    case 1: taken = permits.try_acquire_for(random.moment(100)); break;
    case 2:
      coir::move_on_after(random.moment(100), [&] {
        permits.acquire();
        taken = true;
      });
      break;
    default: permits.acquire(); taken = true;
  }
  return taken;
}

template <class Permits>
struct giving_back {
  Permits& permits;
  ~giving_back() { permits.release(); }
};

TEST_P(LockStress, NoPermitOfASemaphoreIsLostOrDoubled) {
  play_with_seeds(usual_seeds, [](stage& set) {
    constexpr int permits = 2;
    coir::semaphore s(permits);
    room inside;
    auto const visit = [&](dice& random) {
      if (!take(s, random)) return;
      giving_back<coir::semaphore> const at_end{s};
      auto const here = inside.enter(permits);
      stay(random);
    };
    for (int i = 0; i < 4; ++i) set.cast(usual_times, visit);
    for (int i = 0; i < 2; ++i) set.cast_to_be_cancelled(usual_times, visit);
    set.play();
    EXPECT_EQ(s.available(), static_cast<std::size_t>(permits));
  });
}

TEST_P(LockStress, NoTokenOfALimiterIsLostWhileItsTotalChanges) {
  play_with_seeds(usual_seeds, [](stage& set) {
    constexpr int most = 3;
    coir::capacity_limiter limiter(1);
    room inside;
    auto const visit = [&](dice& random) {
      if (!take(limiter, random)) return;
      giving_back<coir::capacity_limiter> const at_end{limiter};
      auto const here = inside.enter(most);
      stay(random);
    };
    for (int i = 0; i < 4; ++i) set.cast(usual_times, visit);
    for (int i = 0; i < 2; ++i) set.cast_to_be_cancelled(usual_times, visit);
    set.cast(usual_times, [&](dice& random) {
      limiter.set_total(static_cast<std::size_t>(1 + random.below(most)));
      coir::sleep_for(random.moment(50));
    });
    set.play();
    auto const now = limiter.statistics();
    EXPECT_EQ(now.borrowed, 0u);
    EXPECT_EQ(now.waiting, 0u);
  });
}

}  // namespace
