// SPDX-License-Identifier: BSL-1.0
/// Where things are used at random by many: the places, the dice, and actors of which some are cancelled again
/// and again.

#pragma once

#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "contract/models.hpp"

namespace stress {

using namespace std::chrono_literals;

/// Random numbers, the same for the same seed and actor.
class dice {
 public:
  dice(unsigned seed, int actor) : engine_(seed * 31u + static_cast<unsigned>(actor)) {}
  int below(int limit) { return static_cast<int>(engine_() % static_cast<unsigned>(limit)); }
  std::chrono::microseconds moment(int limit) { return std::chrono::microseconds(below(limit)); }

 private:
  std::mt19937 engine_;
};

/// A seed that was not used before; that in COIR_SEED, if it is set.
inline unsigned new_seed() {
  char const* const wanted = std::getenv("COIR_SEED");
  unsigned const seed =
      wanted != nullptr ? static_cast<unsigned>(std::atol(wanted)) : std::random_device{}();
  std::cout << "COIR_SEED=" << seed << '\n';
  return seed;
}

/// Where a scene is played: on a model, some of its actors on plain threads outside of the run, or not;
/// or in virtual time, where the seed decides everything.
struct place {
  coir::model model;
  bool with_threads = false;
  bool in_virtual_time = false;
};

inline std::vector<place> all_places() {
  std::vector<place> all{{coir::model::fibers, false, true}};
  for (coir::model const each :
       {coir::model::fibers, coir::model::threads, coir::model::boost_fibers}) {
    // TSan is not told yet how Boost's fibers switch.
    if (!coir::is_available(each) || (COIR_TSAN && each == coir::model::boost_fibers)) continue;
    all.push_back({each, false});
    all.push_back({each, true});
  }
  return all;
}

inline std::string place_name(testing::TestParamInfo<place> const& info) {
  place const& at = info.param;
  return std::string(coir::to_string(at.model)) + (at.in_virtual_time ? "_in_virtual_time"
                                                   : at.with_threads  ? "_and_plain_threads"
                                                                      : "");
}

/// Runs `main` at the place.
template <class F>
void run_at(place const& where, unsigned seed, F&& main) {
  coir::virtual_clock clock;
  coir::run_options options{.model = where.model};
  if (where.in_virtual_time) {
    options.clock = &clock;
    options.seed = seed;
  }
  coir::run(options, std::forward<F>(main));
}

/// Actors, and the play of them all.
class stage {
 public:
  using act = std::function<void(dice&)>;

  stage(place const& where, unsigned seed) : where_(where), seed_(seed) {}

  /// One who does `what` so many times; on a thread of his own, if that is the place and he is one of
  /// every other.
  void cast(int times, act what) {
    actors_.push_back({times, std::move(what), /*cancelled=*/false});
  }

  /// One who is cancelled in the middle of it again and again, and then goes on with the next time.
  void cast_to_be_cancelled(int times, act what) {
    actors_.push_back({times, std::move(what), /*cancelled=*/true});
  }

  /// Returns when all have done what they are there for.
  void play() {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < actors_.size(); ++i) {
      actors_[i].number = static_cast<int>(i);
      if (is_on_thread(actors_[i])) threads.emplace_back([this, i] { perform(actors_[i]); });
    }
    run_at(where_, seed_, [this] {
      coir::group([this](coir::task_group& all) {
        for (actor& each : actors_)
          if (!is_on_thread(each)) all.spawn([this, &each] { perform(each); });
      });
    });
    for (auto& each : threads) each.join();
  }

 private:
  struct actor {
    int times;
    act what;
    bool cancelled;
    int number = 0;
  };

  [[nodiscard]] bool is_on_thread(actor const& one) const {
    return where_.with_threads && !one.cancelled && one.number % 2 == 0;
  }

  void perform(actor const& one) const {
    dice own(seed_, one.number);
    if (!one.cancelled) {
      for (int i = 0; i < one.times; ++i) one.what(own);
      return;
    }
    dice moments(seed_, 1000 + one.number);
    for (int done = 0; done < one.times;) {
      auto victim = coir::spawn([&] {
        while (done < one.times) {
          ++done;
          one.what(own);
        }
      });
      coir::sleep_for(moments.moment(200));
      victim.cancel();
      victim.join();
      if (!victim.cancelled()) victim.get();
    }
  }

  place const where_;
  unsigned const seed_;
  std::vector<actor> actors_;
};

/// A test at every place, with many seeds.
class at_places : public testing::TestWithParam<place> {
 protected:
  /// Calls `scene(stage)` with one seed after the other: it casts, plays and checks.
  template <class Scene>
  static void play_with_seeds(int count, Scene scene) {
    unsigned const first = new_seed();
    for (int i = 0; i < count; ++i) {
      unsigned const seed = first + static_cast<unsigned>(i);
      SCOPED_TRACE("COIR_SEED=" + std::to_string(seed));
      stage set(GetParam(), seed);
      scene(set);
      if (testing::Test::HasFailure()) return;
    }
  }
};

#if COIR_TSAN || COIR_ASAN
inline constexpr int usual_seeds = 3;
inline constexpr int usual_times = 60;
#else
inline constexpr int usual_seeds = 12;
inline constexpr int usual_times = 200;
#endif

}  // namespace stress
