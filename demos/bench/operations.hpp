// SPDX-License-Identifier: BSL-1.0
/// The operations on coir whose time is measured, and of which valgrind counts what they consist of.
#pragma once

#include <coir/coir.hpp>
#include <string_view>
#include <type_traits>

namespace demos::bench {

/// Of a value that nobody uses: that it is made all the same.
inline void keep(int& value) { asm volatile("" : "+m"(value)); }

// Each does something once for each of `turns`, which is a benchmark::State, or `count` below.

template <class Turns>
void spawn_and_join_each(Turns&& turns) {
  int sum = 0;
  for ([[maybe_unused]] auto _ : turns) coir::spawn([&] { ++sum; }).join();
  keep(sum);
}

template <bool Parks, class Turns>
void spawn_all_and_join(Turns&& turns, int tasks_at_once) {
  int sum = 0;
  auto const round = [&] {
    coir::group([&](coir::task_group& tasks) {
      for (int i = 0; i < tasks_at_once; ++i) {
        tasks.spawn([&] {
          if constexpr (Parks) coir::yield();
          ++sum;
        });
      }
    });
  };
  round();  // the stacks exist from then on
  while (turns.KeepRunningBatch(tasks_at_once)) round();
  keep(sum);
}

template <class Turns>
void go_there_and_back(Turns&& turns) {
  coir::queue<int> there(1), back(1);
  auto const echo = coir::spawn([&] {
    for (int each : there) back.put(each);
  });
  for ([[maybe_unused]] auto _ : turns) {
    there.put(1);
    int item = back.get();
    keep(item);
  }
  there.shutdown();
  echo.join();
}

/// The items of one round of a stream. Its tasks' own cost is then no part of an item's.
inline constexpr int stream = 40'000;

template <int Pairs, class Turns>
void pass_through(Turns&& turns) {
  coir::queue<int> items(128);
  while (turns.KeepRunningBatch(stream)) {
    coir::group([&](coir::task_group& tasks) {
      for (int pair = 0; pair < Pairs; ++pair) {
        tasks.spawn([&] {
          for (int i = 0; i < stream / Pairs; ++i) items.put(i);
        });
        tasks.spawn([&] {
          for (int i = 0; i < stream / Pairs; ++i) {
            int item = items.get();
            keep(item);
          }
        });
      }
    });
  }
}

template <class Mutex, class Turns>
void lock_and_unlock(Mutex& mutex, Turns&& turns) {
  int guarded = 0;
  for ([[maybe_unused]] auto _ : turns) {
    mutex.lock();
    keep(++guarded);
    mutex.unlock();
  }
}

template <class Turns>
void set_limits(Turns&& turns) {
  int calls = 0;
  for ([[maybe_unused]] auto _ : turns)
    coir::timeout(std::chrono::seconds(1), [&] { keep(++calls); });
}

// All fibers run the same loop, and one of them counts for all: they take turns. (Two different loops
// would measure that the processor cannot foresee where a switch goes on; that is 1.5 floors more.)

template <auto Yield, class Turns>
[[gnu::noinline]] void take_turns(Turns* counts, int fibers, bool const& stop) {
  for (;;) {
    Turns* here = counts;
    asm(""
        : "+r"(
            here));  // else the compiler makes two loops of it: of those who count and of the others
    if (here != nullptr ? !here->KeepRunningBatch(fibers) : stop) return;
    Yield();
  }
}

template <class Turns>
void yield_in_turn(Turns&& turns, int fibers) {
  constexpr auto take = take_turns<[] { coir::yield(); }, std::remove_reference_t<Turns>>;
  bool stop = false;
  coir::group([&](coir::task_group& others) {
    for (int i = 1; i < fibers; ++i) others.spawn([&] { take(nullptr, fibers, stop); });
    coir::yield();
    take(&turns, fibers, stop);
    stop = true;
  });
}

/// So many turns, as a benchmark::State counts them: one by one, or by the batch.
class count {
 public:
  class iterator {
   public:
    explicit iterator(long at) : at_(at) {}
    long operator*() const { return at_; }
    iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator==(iterator const&) const = default;

   private:
    long at_;
  };

  explicit count(long turns) : left_(turns) {}
  [[nodiscard]] iterator begin() const { return iterator(0); }
  [[nodiscard]] iterator end() const { return iterator(left_); }

  bool KeepRunningBatch(long turns) {
    if (left_ <= 0) return false;
    left_ -= turns;
    return true;
  }

 private:
  long left_;
};

struct counted {
  std::string_view name;
  std::string_view what;
  void (*pass)(long n);
};

inline constexpr counted counted_operations[] = {
    {"yield", "yield, 2 fibers", [](long n) { yield_in_turn(count(n), 2); }},
    {"spawn-join", "spawn + join", [](long n) { spawn_and_join_each(count(n)); }},
    {"spawn-many", "spawn 10,000, join all",
     [](long n) { spawn_all_and_join<false>(count(n), 10'000); }},
    {"spawn-many-park", "the same, each parks once",
     [](long n) { spawn_all_and_join<true>(count(n), 10'000); }},
    {"round-trip", "round trip, two queues of 1", [](long n) { go_there_and_back(count(n)); }},
    {"queue/1:1", "queue of 128, an item, 1:1", [](long n) { pass_through<1>(count(n)); }},
    {"mutex", "mutex lock + unlock",
     [](long n) {
       coir::mutex mutex;
       lock_and_unlock(mutex, count(n));
     }},
    {"timeout", "timeout(1 s) around no wait", [](long n) { set_limits(count(n)); }},
};

}  // namespace demos::bench
