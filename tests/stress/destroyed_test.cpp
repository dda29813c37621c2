// SPDX-License-Identifier: BSL-1.0
/// Who is woken may at once destroy what he waited at, while who woke him is still on his way out of it.

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "contract/models.hpp"

namespace {

#if COIR_TSAN || COIR_ASAN
constexpr int rounds = 500;
#else
constexpr int rounds = 2'000;
#endif

class DestroyedStress : public contract::on_model {
 protected:
  /// A task makes a Place, calls `wait` on it, and destroys it. A plain thread calls `end_wait` on it
  /// meanwhile; and the other way round.
  template <class Place, class Wait, class End>
  static void meet_at(Wait wait, End end_wait) {
    for (bool const task_waits : {true, false}) {
      coir::queue<Place*> lent;
      coir::queue<int> over;
      auto const waiter = [&] {
        for (int i = 0; i < rounds; ++i) {
          auto place = std::make_unique<Place>();
          lent.put(place.get());
          wait(*place);
          place.reset();
          over.get();
        }
      };
      auto const ender = [&] {
        for (int i = 0; i < rounds; ++i) {
          end_wait(*lent.get());
          over.put(i);
        }
      };
      std::thread other([&] { task_waits ? ender() : waiter(); });
      in_run([&] { task_waits ? waiter() : ender(); });
      other.join();
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Models, DestroyedStress, contract::concurrent_models,
                         contract::model_name);

TEST_P(DestroyedStress, FIB_05_ACondition) {
  struct place {
    coir::mutex mutex;
    coir::condition_variable changed;
    bool ready = false;
  };
  meet_at<place>(
      [](place& at) {
        std::unique_lock lock(at.mutex);
        at.changed.wait(lock, [&] { return at.ready; });
      },
      [](place& at) {
        std::scoped_lock const held(at.mutex);
        at.ready = true;
        at.changed.notify_one();
      });
}

TEST_P(DestroyedStress, AnEvent) {
  meet_at<coir::event>([](coir::event& at) { at.wait(); }, [](coir::event& at) { at.set(); });
}

TEST_P(DestroyedStress, ASemaphore) {
  struct place {
    coir::semaphore permits{0, 1};
  };
  meet_at<place>([](place& at) { at.permits.acquire(); }, [](place& at) { at.permits.release(); });
}

TEST_P(DestroyedStress, ABarrier) {
  struct place {
    coir::barrier both{2};
    coir::event over;
  };
  // Who came first may destroy it though the last one may still be inside, and not the other way round.
  meet_at<place>(
      [](place& at) {
        if (at.both.wait() == 1) at.over.wait();
      },
      [](place& at) {
        if (at.both.wait() == 0) at.over.set();
      });
}

/// A mutex that `Owner` holds while somebody waits for it.
template <class Mutex, template <class> class Owner>
struct handed_on {
  Mutex mutex;
  coir::event held;

  static void wait(handed_on& at) {
    at.held.wait();
    std::scoped_lock const heir(at.mutex);
  }
  static void end_wait(handed_on& at) {
    Owner<Mutex> const owner(at.mutex);
    at.held.set();
    coir::yield();
  }
};

TEST_P(DestroyedStress, AMutexThatIsHandedOn) {
  using place = handed_on<coir::mutex, std::unique_lock>;
  meet_at<place>(place::wait, place::end_wait);
}

TEST_P(DestroyedStress, ASharedMutexThatIsHandedOn) {
  using place = handed_on<coir::shared_mutex, std::shared_lock>;
  meet_at<place>(place::wait, place::end_wait);
}

TEST_P(DestroyedStress, ALimiter) {
  struct place {
    coir::capacity_limiter limiter{0};
  };
  meet_at<place>(
      [](place& at) {
        at.limiter.acquire();
        at.limiter.release();
      },
      [](place& at) { at.limiter.set_total(1); });
}

TEST_P(DestroyedStress, APromise) {
  struct place {
    coir::promise<int> promise;
    coir::future<int> future = promise.get_future();
  };
  meet_at<place>([](place& at) { at.future.get(); }, [](place& at) { at.promise.set_value(1); });
}

}  // namespace
