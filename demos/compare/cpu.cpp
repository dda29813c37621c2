// SPDX-License-Identifier: BSL-1.0
/// Counts primes by trial division: the same work in all, shared out among N tasks.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <limits>

#include "crew.hpp"
#include "lesson.hpp"
#include "machine.hpp"
#include "together.hpp"
#include "units.hpp"
#include "workload.hpp"

namespace demos::compare {
namespace {

constexpr std::uint32_t limit = 1'500'000;  // primes below this are counted
constexpr std::uint32_t strip = 500;        // numbers that a task takes at a time

bool is_prime(std::uint32_t number) {
  if (number < 4) return number > 1;
  if (number % 2 == 0) return false;
  for (std::uint32_t divisor = 3; divisor * divisor <= number; divisor += 2) {
    if (number % divisor == 0) return false;
  }
  return true;
}

// The primes in every N-th strip, so that all tasks get small and large numbers alike.
std::uint64_t primes_of(std::uint64_t task, std::uint64_t tasks) {
  std::uint64_t found = 0;
  for (auto first = task * strip; first < limit; first += tasks * strip) {
    auto const last = std::min<std::uint64_t>(first + strip, limit);
    for (auto number = first; number < last; ++number) {
      found += is_prime(static_cast<std::uint32_t>(number)) ? 1 : 0;
    }
  }
  return found;
}

outcome on_coir(job const& work) {
  adders tasks;
  for (std::uint64_t i = 0; i < work.tasks; ++i) tasks.spawn(primes_of, i, work.tasks);
  return {.value = tasks.sum(), .troubles = {}};
}

outcome on_std(job const& work) {
  std::atomic<std::uint64_t> primes = 0;
  crew threads(work.tasks);
  for (std::uint64_t i = 0; i < work.tasks; ++i) {
    threads.spawn([&, i] { primes += primes_of(i, work.tasks); });
  }
  threads.join();
  return {.value = primes, .troubles = {}};
}

// The same by a sieve.
std::uint64_t expected(job const&, outcome const&) {
  std::vector<bool> composite(limit);
  std::uint64_t primes = 0;
  for (std::uint64_t number = 2; number < limit; ++number) {
    if (composite[number]) continue;
    ++primes;
    for (auto multiple = number * number; multiple < limit; multiple += number) {
      composite[multiple] = true;
    }
  }
  return primes;
}

std::string lesson(sheet const& all) {
  auto const* const at = most_telling(all);
  if (at == nullptr) return "No model finished within the limit.";
  auto const alone = at->wall("serial");
  auto const times = [&](double wall) {
    return alone ? fmt::format("{} ({})", as_time(wall), as_ratio(*alone / wall)) : as_time(wall);
  };
  return fmt::format("The same sums by {} on {}: {}.", counted(at->tasks, "task"),
                     counted(cores(), "core"), listed(*at, times));
}

}  // namespace

workload const cpu = {
    .name = "cpu",
    .caption = "tasks that only compute: the primes below 1,500,000, shared out among them",
    .tasks = {1, 2, 8, 64},
    .multiple = 1,
    .on_coir = on_coir,
    .on_std = on_std,
    .expected = expected,
    .lesson = lesson,
};

}  // namespace demos::compare
