// SPDX-License-Identifier: BSL-1.0
/// The benchmark's operations without a clock, for valgrind to count what each consists of.
#pragma once

#include <coir/coir.hpp>
#include <string_view>

namespace demos::bench {

// Each does something `n` times.

inline void count_yield(long n) {
  auto const other = coir::spawn([] {
    for (;;) coir::yield();
  });
  for (long i = 0; i < n; ++i) coir::yield();
}

inline void count_spawn_join(long n) {
  for (long i = 0; i < n; ++i) coir::spawn([] {}).join();
}

inline void count_spawn(long n) {
  coir::group([n](coir::task_group& tasks) {
    for (long i = 0; i < n; ++i) tasks.spawn([] {});
  });
}

inline void count_park(long n) {
  coir::group([n](coir::task_group& tasks) {
    for (long i = 0; i < n; ++i) tasks.spawn([] { coir::yield(); });
  });
}

inline void count_round_trip(long n) {
  coir::queue<int> there(1), back(1);
  auto const echo = coir::spawn([&] {
    for (int item : there) back.put(item);
  });
  for (long i = 0; i < n; ++i) {
    there.put(1);
    back.get();
  }
  there.shutdown();
  echo.join();
}

inline void count_queue(long n) {
  coir::queue<int> items(128);
  auto const producer = coir::spawn([&] {
    for (long i = 0; i < n; ++i) items.put(1);
  });
  for (long i = 0; i < n; ++i) items.get();
  producer.join();
}

inline void count_mutex(long n) {
  coir::mutex lock;
  for (long i = 0; i < n; ++i) {
    lock.lock();
    lock.unlock();
  }
}

inline void count_timeout(long n) {
  for (long i = 0; i < n; ++i) coir::timeout(std::chrono::seconds(1), [] {});
}

struct counted {
  std::string_view name;
  std::string_view what;
  void (*pass)(long n);
};

inline constexpr counted counted_operations[] = {
    {"yield", "yield, 2 fibers: a turn of both", count_yield},
    {"spawn-join", "spawn + join", count_spawn_join},
    {"spawn-many", "spawn 10,000, join all", count_spawn},
    {"spawn-many-park", "the same, each parks once", count_park},
    {"round-trip", "round trip, two queues of 1", count_round_trip},
    {"queue/1:1", "queue of 128, an item, 1:1", count_queue},
    {"mutex", "mutex lock + unlock", count_mutex},
    {"timeout", "timeout(1 s) around no wait", count_timeout},
};

}  // namespace demos::bench
