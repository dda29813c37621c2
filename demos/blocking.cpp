// SPDX-License-Identifier: BSL-1.0
/// blocking: ten tasks that block their thread, ten that suspend, ten that have another thread block.
#include <thread>

#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

/// The thread sleeps, and with it every fiber that it runs.
void block() { std::this_thread::sleep_for(seconds(1)); }

/// The task sleeps; the others go on.
void suspend() { coir::sleep_for(seconds(1)); }

/// A thread of its own sleeps, and the task waits for it.
void offload() { coir::offload(block); }

double ten_times(void (*work)()) {
  stopwatch watch;
  coir::group([work](coir::task_group& group) {
    for (int task = 0; task < 10; ++task) group.spawn(work);
  });
  return watch.seconds();
}

std::string play() {
  double const blocked = ten_times(block);
  say("ten that block: {:.1f}", blocked);
  double const suspended = ten_times(suspend);
  say("ten that suspend: {:.1f}", suspended);
  double const offloaded = ten_times(offload);
  say("ten that are offloaded: {:.1f}", offloaded);
  return fmt::format(
      "ten tasks of a second: blocking {:.3f} s, suspending {:.3f} s, offloaded {:.3f} s", blocked,
      suspended, offloaded);
}

}  // namespace

demo const blocking_demo{.name = "blocking",
                         .chapter = "Work",
                         .summary = "ten blocking sleeps, ten suspending ones, ten offloaded",
                         .play = play,
                         .on_processes = true,
                         .in_virtual_time = false,
                         .blocks = true,
                         .tune = [](coir::run_options& options) { options.offload_threads = 10; }};

}  // namespace demos
