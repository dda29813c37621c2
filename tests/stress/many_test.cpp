// SPDX-License-Identifier: BSL-1.0
/// Many tasks at once: memory, and idleness.

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <ctime>

#include <gtest/gtest.h>
#include <coir/coir.hpp>

namespace {

using namespace std::chrono_literals;

/// Resident memory and page tables, in KiB.
long memory_kib() {
  std::ifstream status("/proc/self/status");
  std::string line;
  long total = 0;
  while (std::getline(status, line)) {
    long value = 0;
    if (std::sscanf(line.c_str(), "VmRSS: %ld", &value) == 1 ||
        std::sscanf(line.c_str(), "VmPTE: %ld", &value) == 1)
      total += value;
  }
  return total;
}

#if COIR_ASAN || COIR_TSAN
constexpr int sleepers = 2'000;
#else
constexpr int sleepers = 100'000;
#endif

TEST(ManyTest, AHundredThousandSleepersTakeUnder600MB) {
  long const before = memory_kib();
  long during = 0;
  coir::run([&] {
    coir::event go;
    std::vector<coir::task<>> tasks;
    for (int i = 0; i < sleepers; ++i)
      tasks.push_back(coir::spawn([&] {
        if (coir::move_on_after(1h, [&] { go.wait(); })) return;
        ADD_FAILURE() << "timed out";
      }));
    coir::yield();
    during = memory_kib();
    go.set();
    for (auto& each : tasks) each.join();
  });
#if !COIR_ASAN && !COIR_TSAN
  EXPECT_LT((during - before) * 1024, 600'000'000L);
#endif
  EXPECT_GT(during, before);
}

/// Processor time of this process.
std::chrono::nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

TEST(IdleTest, ParkedTasksUseNoProcessor) {
  for (coir::model kind : {coir::model::fibers, coir::model::threads}) {
    coir::run({.model = kind}, [&] {
      coir::queue<int> empty;
      std::vector<coir::task<int>> parked;
      for (int i = 0; i < 50; ++i) parked.push_back(coir::spawn([&] { return empty.get(); }));
      coir::sleep_for(10ms);
      auto const before = processor_time();
      coir::sleep_for(5s);
      EXPECT_LT(processor_time() - before, 50ms) << coir::to_string(kind);
    });
  }
}

}  // namespace
