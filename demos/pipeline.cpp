// SPDX-License-Identifier: BSL-1.0
/// pipeline: a task that mostly waits brings pieces, others compute on them; on what should each be?
#include <CLI/CLI.hpp>
#include <atomic>
#include <optional>

#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

int pieces = 20;
int consumers = 2;
int steps = 20'000'000;

// ---- the work: computing, without a wait -----------------------------------------------------

std::uint64_t digest(std::uint64_t piece, int rounds) {
  std::uint64_t hash = piece;
  for (; rounds > 0; --rounds) hash = hash * 6364136223846793005U + 1442695040888963407U;
  return hash;
}

/// In the task itself, whatever that is.
std::uint64_t digest_here(std::uint64_t piece) { return digest(piece, steps); }

/// On a thread, and the task waits for it.
std::uint64_t digest_on_a_thread(std::uint64_t piece) {
  return coir::offload([&] { return digest(piece, steps); });
}

/// In a process, which a thread waits for, and the task for that.
std::uint64_t digest_in_a_process(std::uint64_t piece) {
  return coir::offload([&] {
    return coir::run({.model = coir::model::processes},
                     [&] { return coir::spawn(digest, piece, steps).get(); });
  });
}

// ---- the pipeline ----------------------------------------------------------------------------

struct figures {
  double seconds;
  double latest;  // how late the producer was at worst, in seconds: somebody kept it from running
  std::uint64_t sum;
};

double real_seconds(coir::time_point since) {
  return std::chrono::duration<double>(coir::now() - since).count();
}

figures pass_through(std::uint64_t (*work)(std::uint64_t piece)) {
  auto const began = coir::now();
  double latest = 0;
  std::atomic<std::uint64_t> sum = 0;
  coir::queue<std::uint64_t> queue(4);
  coir::group([&](coir::task_group& group) {
    for (int n = 0; n < consumers; ++n) {
      group.spawn([&] {
        for (std::uint64_t piece : queue) sum += work(piece);
      });
    }
    for (int piece = 0; piece < pieces; ++piece) {
      auto const due = coir::now() + seconds(0.1);
      coir::sleep_until(due);  // it comes in from elsewhere
      latest = std::max(latest, real_seconds(due));
      queue.put(static_cast<std::uint64_t>(piece));
    }
    queue.shutdown();
  });
  return {real_seconds(began), latest, sum};
}

struct {
  char const* how;
  coir::model model;
  std::uint64_t (*work)(std::uint64_t piece);
} constexpr ways[]{
    {"fibers for both", coir::model::fibers, digest_here},
    {"threads for both", coir::model::threads, digest_here},
    {"fibers, the work on threads", coir::model::fibers, digest_on_a_thread},
    {"fibers, the work in processes", coir::model::fibers, digest_in_a_process},
};

std::string play() {
  std::optional<std::uint64_t> sum;
  std::string seen;
  say("{:<32}{:>10}{:>22}", "", "seconds", "producer late by ms");
  for (auto const& [how, model, work] : ways) {
    figures const got = coir::run({.model = model}, pass_through, work);
    if (sum.value_or(got.sum) != got.sum)
      throw std::logic_error("a piece was lost, or digested twice");
    sum = got.sum;
    say("{:<32}{:>10.3f}{:>22.1f}", how, got.seconds, 1000 * got.latest);
    seen += fmt::format("{}{} {:.3f} s", seen.empty() ? "" : "; ", how, got.seconds);
  }
  return fmt::format("{} pieces: {}", pieces, seen);
}

}  // namespace

demo const pipeline_demo{
    .name = "pipeline",
    .chapter = "Work",
    .summary = "a producer that waits, consumers that compute: fibers, threads, processes",
    .play = play,
    .runs_itself = true,
    .add_options = [](CLI::App& command) {
      command.add_option("--pieces", pieces, "Pieces that come in")
          ->check(CLI::Range(1, 10'000))
          ->capture_default_str();
      command.add_option("--consumers", consumers, "Tasks that compute")
          ->check(CLI::Range(1, 1'000))
          ->capture_default_str();
      command.add_option("--steps", steps, "Steps of computing for a piece")
          ->check(CLI::Range(1, 1'000'000'000))
          ->capture_default_str();
    }};

}  // namespace demos
