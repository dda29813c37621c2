// SPDX-License-Identifier: BSL-1.0
/// coir demo NAME | --list | --all
#include "command.hpp"

#include <unistd.h>
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "../compare/arguments.hpp"
#include "demo.hpp"
#include "python_random.hpp"
#include "stage.hpp"

namespace demos {
namespace {

using compare::usage_error;

constexpr std::array models{coir::model::serial, coir::model::fibers, coir::model::boost_fibers,
                            coir::model::threads, coir::model::processes};
constexpr int interrupted = 130;  // as shells have it

// The words as they were typed.
struct typed {
  std::string model;
  std::string unit;
  bool in_virtual_time = false;
  std::uint32_t seed = 444;
  bool source = false;
  bool list = false;
  bool all = false;
};

std::chrono::nanoseconds parse_unit(std::string_view word) {
  static std::map<std::string_view, double> const lengths{
      {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}};
  auto const letters = std::ranges::find_if(word, [](char c) { return c >= 'a' && c <= 'z'; });
  std::string const number(word.begin(), letters);
  auto const length = lengths.find(std::string_view(letters, word.end()));
  char* end = nullptr;
  double const count = std::strtod(number.c_str(), &end);
  double const whole = length == lengths.end() ? 0 : count * length->second;
  if (number.empty() || *end != '\0' || !(whole >= 1 && whole <= 3600e9)) {
    throw usage_error(fmt::format(
        "--unit: '{}' is no length of time; give one from 1ns to 60min, such as 100ms or 1s",
        word));
  }
  return std::chrono::nanoseconds(static_cast<std::int64_t>(whole));
}

coir::model parse_model(std::string const& word) {
  if (word.empty()) return coir::model::fibers;
  std::vector<std::string_view> names;
  for (auto const each : models) {
    if (word == coir::to_string(each)) return each;
    names.emplace_back(coir::to_string(each));
  }
  compare::unknown("model", word, names);
}

void list_demos() {
  std::string_view chapter;
  for (demo const* each : all_demos()) {
    if (each->chapter != chapter) {
      if (!chapter.empty()) fmt::print("\n");
      chapter = each->chapter;
      fmt::print("{}\n", chapter);
    }
    fmt::print("  {:<12}{}\n", each->name, each->summary);
  }
}

/// Why `what` cannot be played as asked; empty if it can.
std::string obstacle(demo const& what, typed const& words, coir::model model) {
  if (what.runs_itself && !words.model.empty())
    return fmt::format("{}: it compares the models itself; leave out --model", what.name);
  if (words.in_virtual_time && (what.runs_itself || !what.in_virtual_time)) {
    return fmt::format(
        "{}: not all its time is waiting, so it takes real time; leave out --virtual", what.name);
  }
  if (words.in_virtual_time && model != coir::model::fibers) {
    return fmt::format("--virtual: time is virtual on fibers only, not on {}",
                       coir::to_string(model));
  }
  if (!coir::is_available(model))
    return fmt::format("--model: this build of coir has no {}", coir::to_string(model));
  if (model == coir::model::serial && !what.on_serial) {
    return fmt::format(
        "{}: its tasks wait for each other, and on serial they run one after the other; use fibers "
        "or threads",
        what.name);
  }
  if (model == coir::model::processes && !what.on_processes) {
    return fmt::format(
        "{}: its tasks share memory, and on processes they would share none; use fibers or threads",
        what.name);
  }
  return {};
}

/// Failures that nobody asked for. Who has pressed Ctrl-C does not want to hear of them.
class failures {
 public:
  failures() {
    coir::set_unhandled_exception_handler(
        [this](std::string const& task, std::exception_ptr const& error) {
          std::lock_guard const alone(lock_);
          all_.emplace_back(task, error);
        });
  }
  failures(failures const&) = delete;
  failures& operator=(failures const&) = delete;
  ~failures() { coir::set_unhandled_exception_handler(nullptr); }

  void tell() const {
    for (auto const& [task, error] : all_) {
      try {
        std::rethrow_exception(error);
      } catch (std::exception const& thrown) {
        fmt::print(stderr, "coir: task {} failed, and nobody asked: {}\n", task, thrown.what());
      }
    }
  }

 private:
  std::mutex lock_;
  std::vector<std::pair<std::string, std::exception_ptr>> all_;
};

/// From its making, SIGINT ends the program at once, unless it is ignored, and runs leave it alone.
/// At its end a run around it goes on to handle it.
class end_with_sigint {
 public:
  end_with_sigint() {
    ::sigaction(SIGINT, nullptr, &before_);
    if (before_.sa_handler == SIG_IGN) return;
    struct sigaction at_once {};
    at_once.sa_handler = [](int) { ::_exit(interrupted); };
    ::sigaction(SIGINT, &at_once, nullptr);
  }
  end_with_sigint(end_with_sigint const&) = delete;
  end_with_sigint& operator=(end_with_sigint const&) = delete;
  ~end_with_sigint() {
    if (before_.sa_handler != SIG_DFL) ::sigaction(SIGINT, &before_, nullptr);
  }

 private:
  struct sigaction before_ {};
};

void play(demo const& what, typed const& words, coir::model model) {
  std::string const unit(words.unit.empty() ? what.unit : std::string_view(words.unit));
  the_stage() = {.unit = parse_unit(unit), .in_virtual_time = words.in_virtual_time};
  seed_random(words.seed);
  coir::virtual_clock clock;
  coir::run_options options{.model = model};
  if (words.in_virtual_time) options.clock = &clock;
  if (what.tune != nullptr) what.tune(options);
  std::optional<end_with_sigint> at_once;
  if (what.blocks) at_once.emplace();
  if (what.runs_itself) {
    fmt::print("=> {}\n", what.play());
  } else {
    std::string const seen = coir::run(options, what.play);
    if (!at_once) at_once.emplace();  // the run, which would have answered, is over
    fmt::print("=> {} ({})\n", seen,
               words.in_virtual_time ? "in virtual time" : "a second played in " + unit);
  }
}

/// Plays one after the other, and passes over what cannot be played as asked.
void play_all(typed const& words, coir::model model) {
  for (demo const* each : all_demos()) {
    fmt::print("\n== {}: {}\n", each->name, each->summary);
    if (auto const why = obstacle(*each, words, model); !why.empty()) {
      fmt::print("=> not played: {}\n", why);
    } else {
      play(*each, words, model);
    }
  }
}

/// Plays what was asked for, in a run around it where it makes runs of its own: so that SIGINT finds
/// one, whenever it comes.
void play_asked(demo const* what, typed const& words, coir::model model) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // a line is seen when it is said
  the_stage() = {};                          // before there are processes, for they share it
  if (words.all || what->runs_itself || model == coir::model::processes) coir::prepare_processes();
  failures unseen;
  auto const around = coir::run_options{.model = coir::model::threads};
  if (words.all) {
    coir::run(around, [&] { play_all(words, model); });
  } else if (what->runs_itself) {
    coir::run(around, [&] { play(*what, words, model); });
  } else {
    play(*what, words, model);
  }
  unseen.tell();
}

demo const* named(CLI::App const& command) {
  for (demo const* each : all_demos()) {
    if (command.got_subcommand(std::string(each->name))) return each;
  }
  return nullptr;
}

int carry_out(CLI::App const& command, typed const& words) {
  demo const* const what = named(command);
  if (auto const rest = command.remaining(); !rest.empty()) {
    if (what != nullptr || rest.front().starts_with("-"))
      throw usage_error(
          fmt::format("'{}' is not understood; see `coir demo --help`", rest.front()));
    std::vector<std::string_view> names;
    for (demo const* each : all_demos()) names.push_back(each->name);
    compare::unknown("demo", rest.front(), names);
  }
  if (words.list) {
    list_demos();
    return 0;
  }
  auto const model = parse_model(words.model);
  if (words.all) {
    play_asked(nullptr, words, model);
    return 0;
  }
  if (what == nullptr) throw usage_error("name a demo; `coir demo --list` tells which there are");
  if (words.source) {
    fmt::print("{}", source_of(*what));
    return 0;
  }
  if (auto const why = obstacle(*what, words, model); !why.empty()) throw usage_error(why);
  play_asked(what, words, model);
  return 0;
}

}  // namespace

void add_demo_command(CLI::App& program, int& exit_code) {
  auto const words = std::make_shared<typed>();
  auto* const command = program.add_subcommand("demo", "Play the tutorials' programs");
  command->allow_extras();  // to answer them better
  command->add_option("--model", words->model,
                      "What a task is: serial, fibers, boost_fibers, threads, processes (fibers)");
  command->add_option("--unit", words->unit,
                      "How long one second of the tutorial is played (100ms)");
  command->add_flag("--virtual", words->in_virtual_time, "In virtual time: at once, and exactly");
  command->add_option("--seed", words->seed, "For what is drawn at random, as Python draws it")
      ->capture_default_str();
  command->add_flag("--source", words->source, "Print the demo's own source instead");
  command->add_flag("--list", words->list, "Print the names of all");
  command->add_flag("--all", words->all, "Play all, one after the other");
  for (demo const* each : all_demos()) {
    auto* const one = command->add_subcommand(std::string(each->name), std::string(each->summary));
    one->fallthrough()->group(std::string(each->chapter));
    if (each->add_options != nullptr) each->add_options(*one);
  }
  command->callback([command, words, &exit_code] { exit_code = carry_out(*command, *words); });
}

}  // namespace demos
