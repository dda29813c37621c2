// SPDX-License-Identifier: BSL-1.0
/// too_slow: work under a limit: six minutes under five seconds, an hour under one.
#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

std::string slow_job() {
  coir::sleep_for(seconds(360));
  return "the job's result";
}

/// A call under a limit is ended by it.
double job_under_a_limit() {
  stopwatch watch;
  try {
    say("{}", coir::wait_for(seconds(5), slow_job));
  } catch (coir::timeout_error const&) {
    say("caught timeout");
  }
  return watch.seconds();
}

/// A block can have a limit too; whatever it waits in is ended.
double hour_under_a_second() {
  stopwatch watch;
  try {
    coir::timeout(seconds(1), [] {
      coir::sleep_for(seconds(3600));
      say("yay!");
    });
  } catch (coir::timeout_error const&) {
    say("timeout!");
  }
  return watch.seconds();
}

/// A job that no longer counts may still go on, if it is only waited for and not owned by the limit.
double job_allowed_to_end() {
  stopwatch watch;
  auto job = coir::spawn(slow_job);
  if (!job.join_for(seconds(5))) say("not yet, and let be");
  say("{}", job.get());
  return watch.seconds();
}

std::string play() {
  double const job = job_under_a_limit();
  double const hour = hour_under_a_second();
  std::string seen = fmt::format("360 s ended after {:.3f} s, an hour after {:.3f} s", job, hour);
  if (the_stage().in_virtual_time)  // where six minutes cost nothing
    seen += fmt::format("; allowed to end, the job took {:.3f} s", job_allowed_to_end());
  return seen;
}

}  // namespace

demo const too_slow_demo{.name = "too_slow",
                         .chapter = "Ending things",
                         .summary = "six minutes under a limit of five seconds, an hour under one",
                         .play = play,
                         .on_processes = true};

}  // namespace demos
