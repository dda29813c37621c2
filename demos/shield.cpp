// SPDX-License-Identifier: BSL-1.0
/// shield: work that goes on although the one who waits for it is cancelled.
#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

void work() {
  coir::sleep_for(seconds(2));
  say("the work is complete");
}

/// To wait for a task is not to own it: a cancel of the waiter leaves the task alone.
double waiting_is_cancelled() {
  stopwatch watch;
  double told = 0;
  auto job = coir::spawn(work);
  auto waiter = coir::spawn([&] {
    try {
      job.join();
    } catch (coir::cancelled const&) {
      told = watch.seconds();
      say("cancelled!");
      throw;
    }
  });
  coir::sleep_for(seconds(0.5));
  waiter.cancel();
  waiter.join();
  job.get();
  return told;
}

/// A shielded block hears of a cancel only when it has come to its end.
double block_is_shielded() {
  stopwatch watch;
  auto job = coir::spawn([] {
    coir::shield(work);
    say("never reached");
  });
  coir::sleep_for(seconds(0.5));
  job.cancel();
  job.join();
  if (job.cancelled()) say("cancelled, but not before the work was complete");
  return watch.seconds();
}

std::string play() {
  stopwatch watch;
  double const told = waiting_is_cancelled();
  double const complete = watch.seconds();
  return fmt::format(
      "cancelled at {:.3f} s, complete at {:.3f} s; a shielded block ends at {:.3f} s", told,
      complete, block_is_shielded());
}

}  // namespace

demo const shield_demo{.name = "shield",
                       .chapter = "Ending things",
                       .summary = "work that outlives the cancel of its waiter",
                       .play = play,
                       .on_serial = false};

}  // namespace demos
