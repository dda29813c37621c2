// SPDX-License-Identifier: BSL-1.0
/// users: of four connections the fourth fails. As an exception at once, or as a value among the others.
#include <fmt/ranges.h>

#include <stdexcept>
#include <vector>

#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

void connect(int user) {
  coir::sleep_for(seconds(user == 4 ? 1 : 2));
  if (user == 4) throw std::runtime_error("cannot connect to 4");
}

std::string send_test(int user) {
  connect(user);
  say("test sent to {}", user);
  return "ok";
}

std::vector<coir::task<std::string>> send_to_all() {
  std::vector<coir::task<std::string>> sendings;
  for (int user = 1; user <= 4; ++user) sendings.push_back(coir::spawn(send_test, user));
  return sendings;
}

/// The error comes out at once. The others are ours, and go on.
double error_raised() {
  stopwatch watch;
  double failed = 0;
  auto sendings = send_to_all();
  try {
    coir::gather(sendings);
  } catch (std::runtime_error const& error) {
    failed = watch.seconds();
    say("error: {}", error.what());
  }
  coir::wait(sendings);
  return failed;
}

void errors_as_values() {
  auto sendings = send_to_all();
  std::vector<std::string> told;
  for (auto const& each : coir::gather_settled(sendings)) {
    try {
      told.push_back(each.value());
    } catch (std::runtime_error const& error) {
      told.push_back(fmt::format("error: {}", error.what()));
    }
  }
  say("[{}]", fmt::join(told, ", "));
}

std::string play() {
  double const raised = error_raised();
  stopwatch watch;
  errors_as_values();
  return fmt::format(
      "the error raised after {:.3f} s while the others went on; as a value after {:.3f} s", raised,
      watch.seconds());
}

}  // namespace

demo const users_demo{
    .name = "users",
    .chapter = "Tasks",
    .summary = "four connections, the last one fails: error raised, errors as values",
    .play = play,
    .on_processes = true};

}  // namespace demos
