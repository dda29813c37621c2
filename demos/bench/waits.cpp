// SPDX-License-Identifier: BSL-1.0
/// Queues, locks and limits.
#include <boost/fiber/all.hpp>
#include <vector>

#include "on.hpp"
#include "operations.hpp"
#include "row.hpp"

namespace demos::bench {
namespace {

void coir_round_trip(benchmark::State& state) {
  on_coir(state, [&] { go_there_and_back(state); });
}

// Boost's channel of capacity 2 holds one item.
void boost_round_trip(benchmark::State& state) {
  bracket const floor(state);
  boost::fibers::buffered_channel<int> there(2), back(2);
  boost::fibers::fiber echo([&] {
    for (int each : there) back.push(each);
  });
  for (auto _ : state) {
    there.push(1);
    benchmark::DoNotOptimize(back.value_pop());
  }
  there.close();
  echo.join();
}

template <int Pairs>
void coir_stream(benchmark::State& state) {
  on_coir(state, [&] { pass_through<Pairs>(state); });
}

template <int Pairs>
void boost_stream(benchmark::State& state) {
  bracket const floor(state);
  boost::fibers::buffered_channel<int> items(128);
  while (state.KeepRunningBatch(stream)) {
    std::vector<boost::fibers::fiber> tasks;
    for (int pair = 0; pair < Pairs; ++pair) {
      tasks.emplace_back([&] {
        for (int i = 0; i < stream / Pairs; ++i) items.push(i);
      });
      tasks.emplace_back([&] {
        for (int i = 0; i < stream / Pairs; ++i) benchmark::DoNotOptimize(items.value_pop());
      });
    }
    for (auto& each : tasks) each.join();
  }
}

void coir_mutex(benchmark::State& state) {
  on_coir(state, [&] {
    coir::mutex mutex;
    lock_and_unlock(mutex, state);
  });
}

void boost_mutex(benchmark::State& state) {
  bracket const floor(state);
  boost::fibers::mutex mutex;
  lock_and_unlock(mutex, state);
}

void coir_timeout(benchmark::State& state) {
  on_coir(state, [&] { set_limits(state); });
}

void coir_cancel(benchmark::State& state) {
  constexpr int parked = 100'000;
  on_coir(state, [&] {
    while (state.KeepRunningBatch(parked)) {
      state.PauseTiming();
      coir::group([&](coir::task_group& tasks) {
        for (int i = 0; i < parked; ++i) tasks.spawn([] { coir::event().wait(); });
        coir::yield();
        state.ResumeTiming();
        tasks.cancel();
      });
    }
  });
}

}  // namespace

std::vector<row> wait_rows() {
  return {
      {"round-trip", "round trip, two queues of 1", unit::floors, coir_round_trip,
       boost_fiber(boost_round_trip)},
      {"queue/1:1", "queue of 128, an item, 1:1", unit::floors, coir_stream<1>,
       boost_fiber(boost_stream<1>)},
      {"queue/4:4", "queue of 128, an item, 4:4", unit::floors, coir_stream<4>,
       boost_fiber(boost_stream<4>)},
      {"mutex", "mutex lock + unlock", unit::floors, coir_mutex, boost_fiber(boost_mutex)},
      {"timeout", "timeout(1 s) around no wait", unit::floors, coir_timeout},
      {"cancel", "cancel 100,000 parked, each", unit::floors, coir_cancel, {}, true},
  };
}

}  // namespace demos::bench
