// SPDX-License-Identifier: BSL-1.0
/// The workloads of the tutorials' programs, as far as there is one in them. `coir demo` tells the stories.
#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "lesson.hpp"
#include "together.hpp"
#include "units.hpp"
#include "workload.hpp"

namespace demos::compare {
namespace {

constexpr std::chrono::milliseconds pause{1};  // one second of a tutorial

/// Runs `work(number, parts…)` in a task for each number from 0 on, and adds up what they return.
template <class... Parts>
outcome in_tasks(std::uint64_t tasks, auto work, Parts const&... parts) {
  adders all;
  for (std::uint64_t number = 0; number < tasks; ++number) all.spawn(work, number, parts...);
  return {.value = all.sum(), .troubles = {}};
}

std::uint64_t one_each(job const& work, outcome const&) { return work.tasks; }

template <int Seconds>
std::string against_one_by_one(sheet const& all) {
  auto const* const at = most_telling(all);
  if (at == nullptr) return "No model finished within the limit.";
  auto const in_turn =
      std::chrono::duration<double>(pause).count() * Seconds * static_cast<double>(at->tasks);
  return fmt::format("{}: {}; one after the other they wait for {}.", counted(at->tasks, "task"),
                     listed(*at, as_time, "serial"), as_time(in_turn));
}

std::string as_measured(sheet const& all) {
  auto const* const at = most_telling(all);
  if (at == nullptr) return "No model finished within the limit.";
  return fmt::format("{}: {}.", counted(at->tasks, "task"), listed(*at, as_time));
}

// ---- squares ---------------------------------------------------------------------------------

std::uint64_t square(std::uint64_t number) {
  coir::sleep_for(pause);
  return number * number;
}

outcome square_all(job const& work) { return in_tasks(work.tasks, square); }

std::uint64_t sum_of_squares(job const& work, outcome const&) {
  std::uint64_t const n = work.tasks;
  return (n - 1) * n * (2 * n - 1) / 6;
}

// ---- breakfast -------------------------------------------------------------------------------

std::uint64_t cook(int seconds) {
  coir::sleep_for(pause * seconds);
  return 1;
}

std::uint64_t breakfast_for_one(std::uint64_t) {
  auto const [eggs, bacon, toast] =
      coir::gather(coir::call(cook, 9), coir::call(cook, 6), coir::call(cook, 3));
  return eggs + bacon + toast;
}

outcome serve_breakfasts(job const& work) { return in_tasks(work.tasks, breakfast_for_one); }

std::uint64_t three_dishes_each(job const& work, outcome const&) { return 3 * work.tasks; }

// ---- requests --------------------------------------------------------------------------------

/// A request waits for the database twice, and formats its answer in between.
std::uint64_t answer_one(std::uint64_t number) {
  coir::sleep_for(5 * pause);
  auto const answer = fmt::format("<p>{}</p>", number);
  coir::sleep_for(5 * pause);
  return answer.empty() ? 0 : 1;
}

outcome answer_requests(job const& work) { return in_tasks(work.tasks, answer_one); }

std::string per_second(sheet const& all) {
  auto const* const at = most_telling(all);
  if (at == nullptr) return "No model finished within the limit.";
  auto const rate = [&](double wall) {
    return three_digits(static_cast<double>(at->tasks) / wall) + "/s";
  };
  return fmt::format("Of {} at once: {}.", counted(at->tasks, "request"), listed(*at, rate));
}

// ---- blocking --------------------------------------------------------------------------------

std::uint64_t block(std::uint64_t) {
  std::this_thread::sleep_for(pause);  // tells nobody that it waits
  return 1;
}

outcome block_all(job const& work) { return in_tasks(work.tasks, block); }

// ---- producers -------------------------------------------------------------------------------

constexpr int elements_each = 200;

std::uint64_t produce(coir::queue<std::uint64_t> queue) {
  for (int left = elements_each; left > 0; --left) queue.put(1);
  return 0;
}

std::uint64_t consume(coir::queue<std::uint64_t> queue) {
  std::uint64_t got = 0;
  for (std::uint64_t element : queue) got += element;
  return got;
}

/// Half of the tasks put, the other half take, through one queue of 16.
outcome produce_and_consume(job const& work) {
  coir::queue<std::uint64_t> queue(16);
  adders consumers, producers;
  for (std::uint64_t i = 0; i < work.tasks / 2; ++i) consumers.spawn(consume, queue);
  for (std::uint64_t i = 0; i < work.tasks / 2; ++i) producers.spawn(produce, queue);
  producers.sum();
  queue.shutdown();
  return {.value = consumers.sum(), .troubles = {}};
}

std::uint64_t all_elements(job const& work, outcome const&) {
  return work.tasks / 2 * elements_each;
}

// ---- pipeline --------------------------------------------------------------------------------

constexpr std::uint64_t pieces = 200;

/// What a consumer makes of a piece: some hundred microseconds of computing.
std::uint64_t digest(std::uint64_t piece) {
  std::uint64_t hash = piece;
  for (int round = 0; round < 100'000; ++round)
    hash = hash * 6364136223846793005U + 1442695040888963407U;
  return hash;
}

std::uint64_t digest_all(coir::queue<std::uint64_t> queue) {
  std::uint64_t sum = 0;
  for (std::uint64_t piece : queue) sum += digest(piece);
  return sum;
}

/// One task brings pieces as they come in, the others digest them.
outcome bring_and_digest(job const& work) {
  coir::queue<std::uint64_t> queue(8);
  adders consumers;
  for (std::uint64_t i = 0; i < work.tasks; ++i) consumers.spawn(digest_all, queue);
  for (std::uint64_t piece = 0; piece < pieces; ++piece) {
    if (piece % 10 == 0) coir::sleep_for(pause);  // it comes in lots, from elsewhere
    queue.put(piece);
  }
  queue.shutdown();
  return {.value = consumers.sum(), .troubles = {}};
}

std::uint64_t all_digested(job const&, outcome const&) {
  std::uint64_t sum = 0;
  for (std::uint64_t piece = 0; piece < pieces; ++piece) sum += digest(piece);
  return sum;
}

// ---- chess -----------------------------------------------------------------------------------

constexpr std::uint64_t pairs = 30;

template <class Mutex>
std::uint64_t play_one(std::uint64_t, handle<Mutex> champion) {
  for (std::uint64_t pair = 0; pair < pairs; ++pair) {
    {
      std::scoped_lock lock(champion);
      coir::sleep_for(pause / 5);
    }
    coir::sleep_for(2 * pause);
  }
  return pairs;
}

/// The champion goes from table to table; a move of hers is a fifth of a pause, an opponent's two.
template <class Mutex>
outcome play_all(job const& work) {
  Mutex champion;
  return in_tasks(work.tasks, play_one<Mutex>, handle_of(champion));
}

outcome play_simultaneously(job const& work) {
  return on_processes() ? play_all<coir::shared<coir::mutex>>(work) : play_all<coir::mutex>(work);
}

std::uint64_t all_pairs(job const& work, outcome const&) { return pairs * work.tasks; }

workload from_tutorial(std::string_view name, std::string_view caption,
                       std::vector<std::uint64_t> tasks, outcome (*on_coir)(job const&),
                       std::uint64_t (*expected)(job const&, outcome const&),
                       std::string (*lesson)(sheet const&)) {
  return {.name = name,
          .caption = caption,
          .tasks = std::move(tasks),
          .multiple = 1,
          .on_coir = on_coir,
          .on_std = nullptr,
          .expected = expected,
          .lesson = lesson,
          .by_default = false};
}

}  // namespace

workload const squares =
    from_tutorial("squares", "slow squares: a wait, then a product", {5, 100, 1'000}, square_all,
                  sum_of_squares, against_one_by_one<1>);

workload const breakfast =
    from_tutorial("breakfast", "breakfasts of three dishes, cooked side by side", {1, 10, 100},
                  serve_breakfasts, three_dishes_each, against_one_by_one<18>);

workload const requests =
    from_tutorial("requests", "requests that wait for 10 ms, all at once", {10, 100, 1'000, 10'000},
                  answer_requests, one_each, per_second);

workload const blocking = from_tutorial("blocking", "tasks that block their thread for 1 ms",
                                        {10, 100}, block_all, one_each, as_measured);

workload const producers = [] {
  auto made = from_tutorial("producers", "half of the tasks put 200 elements each, the others take",
                            {2, 20, 200}, produce_and_consume, all_elements, as_measured);
  made.multiple = 2;
  return made;
}();

workload const pipeline =
    from_tutorial("pipeline", "a task brings pieces, the others compute on them", {1, 2, 8},
                  bring_and_digest, all_digested, as_measured);

workload const chess =
    from_tutorial("chess", "a champion going from table to table, 30 moves each", {4, 24},
                  play_simultaneously, all_pairs, against_one_by_one<66>);

}  // namespace demos::compare
