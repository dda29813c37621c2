// SPDX-License-Identifier: BSL-1.0
/// Messages there and back between pairs of tasks, through queues that hold one message.
#include <fmt/format.h>

#include <atomic>
#include <list>

#include "crew.hpp"
#include "lesson.hpp"
#include "std_queue.hpp"
#include "together.hpp"
#include "units.hpp"
#include "workload.hpp"

namespace demos::compare {
namespace {

constexpr std::uint64_t round_trips = 20'000;  // shared out among the pairs

// How many of all round trips fall to one pair.
int share_of(std::uint64_t pair, std::uint64_t pairs) {
  return static_cast<int>(round_trips / pairs + (pair < round_trips % pairs ? 1 : 0));
}

std::uint64_t serve(coir::queue<int> there, coir::queue<int> back, int rounds) {
  std::uint64_t returned = 0;
  for (int i = 0; i < rounds; ++i) {
    there.put(i);
    if (back.get() == i) ++returned;
  }
  return returned;
}

std::uint64_t send_back(coir::queue<int> there, coir::queue<int> back, int rounds) {
  for (int i = 0; i < rounds; ++i) back.put(there.get());
  return 0;
}

outcome on_coir(job const& work) {
  adders players;
  auto const pairs = work.tasks / 2;
  for (std::uint64_t pair = 0; pair < pairs; ++pair) {
    coir::queue<int> const there(1), back(1);
    int const rounds = share_of(pair, pairs);
    players.spawn(serve, there, back, rounds);
    players.spawn(send_back, there, back, rounds);
  }
  return {.value = players.sum(), .troubles = {}};
}

// A table with one end at which each player sits.
struct table_for_two {
  std_queue<int> there{1}, back{1};
};

outcome on_std(job const& work) {
  std::atomic<std::uint64_t> returned = 0;
  auto const pairs = work.tasks / 2;
  std::list<table_for_two> tables(pairs);
  crew threads(work.tasks);  // behind the tables, so it is joined before they go
  try {
    std::uint64_t pair = 0;
    for (auto& table : tables) {
      int const rounds = share_of(pair++, pairs);
      threads.spawn([&table, &returned, rounds] {
        for (int i = 0; i < rounds && table.there.put(i); ++i) {
          if (table.back.get() == i) ++returned;
        }
      });
      threads.spawn([&table, rounds] {
        for (int i = 0; i < rounds; ++i) {
          auto const message = table.there.get();
          if (!message) return;
          table.back.put(*message);
        }
      });
    }
  } catch (...) {  // no more threads: nobody may wait for a partner who never comes
    for (auto& table : tables) {
      table.there.close();
      table.back.close();
    }
    throw;
  }
  threads.join();
  return {.value = returned, .troubles = {}};
}

std::uint64_t expected(job const&, outcome const&) { return round_trips; }

std::string lesson(sheet const& all) {
  auto const* const at = most_telling(all);
  if (at == nullptr) return "No model finished within the limit.";
  auto const a_message = [](double wall) {
    return as_time(wall / static_cast<double>(2 * round_trips));
  };
  return fmt::format("A message between two tasks of {}, queues and switches included: {}.",
                     with_commas(at->tasks), listed(*at, a_message, "serial"));
}

}  // namespace

workload const ping_pong = {
    .name = "ping_pong",
    .caption = "pairs of tasks send 20,000 messages there and back through queues of one",
    .tasks = {2, 20, 200, 2'000},
    .multiple = 2,
    .on_coir = on_coir,
    .on_std = on_std,
    .expected = expected,
    .lesson = lesson,
};

}  // namespace demos::compare
