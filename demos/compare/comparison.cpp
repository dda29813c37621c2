// SPDX-License-Identifier: BSL-1.0
/// Goes through workloads, numbers of tasks, repetitions and models, and shows what comes of it.
#include "comparison.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "interrupts.hpp"
#include "launch.hpp"
#include "machine.hpp"
#include "report.hpp"
#include "shelf.hpp"
#include "table.hpp"
#include "terminal.hpp"
#include "units.hpp"

namespace demos::compare {
namespace {

/// One comparison under way.
class comparison {
 public:
  explicit comparison(wishes const& asked) : asked_(asked), report_(asked) {}

  int run() {
    try {
      introduce();
      for (auto const* what : asked_.workloads) run_workload(*what);
      report_.finish();
    } catch (interrupted const& by) {
      line_.clear();
      failed_ = false;  // the signal is what the exit code tells
      report_.write();
      return 128 + by.signal;
    }
    if (!report_.write()) failed_ = true;
    return show("") && !failed_ ? 0 : 1;
  }

 private:
  void introduce() {
    auto const facts = this_machine();
    auto text = fmt::format("{}, {}, {}, coir {}", counted(facts.cores, "core"), facts.kernel,
                            facts.compiler, facts.coir);
    if (!facts.build.empty()) text += " (" + facts.build + ": not for quoting)";
    show(screen_.paint(colour::dim, wrapped(text, screen_.width(), 0, 0)) + '\n');
  }

  void run_workload(workload const& what) {
    sheet all{.what = &what, .work = {}, .limit = asked_.limit, .blocks = {}};
    if (&what == find_workload("books") && !fill_shelf(all.work)) return;

    table const shown(screen_, all, asked_.repeat > 1);
    show(shown.heading());
    for (auto const tasks : asked_.tasks.empty() ? what.tasks : asked_.tasks) {
      all.work.tasks = tasks;
      all.blocks.push_back(run_block(all));
      if (all.blocks.size() > 1) show("\n");
      show(shown.rows(all.blocks.back()));
    }
    show(shown.ending());
  }

  // Models take turns within a repetition, so that a machine that grows slower does so for all.
  block run_block(sheet const& all) {
    block made{.tasks = all.work.tasks, .rows = {}};
    for (auto const model : asked_.models) {
      if (model == "std" && all.what->on_std == nullptr) continue;
      made.rows.push_back({.model = model, .repetitions = {}});
    }
    for (std::size_t i = 0; i < asked_.repeat; ++i) {
      for (auto& row : made.rows) {
        if (row.broken() == nullptr) row.repetitions.push_back(run_cell(all, row.model, i));
      }
    }
    line_.clear();
    return made;
  }

  repetition run_cell(sheet const& all, std::string_view model, std::size_t round) {
    auto doing = fmt::format("{}: {}, {}", all.what->name, counted(all.work.tasks, "task"), model);
    if (asked_.repeat > 1) doing += fmt::format(" ({} of {})", round + 1, asked_.repeat);
    line_.show(doing + " …");

    request const question{.workload = std::string(all.what->name),
                           .model = std::string(model),
                           .work = all.work,
                           .parent = ::getpid()};
    auto result = model == "processes" && all.work.tasks > all.what->most_processes
                      ? not_tried(*all.what)
                      : launch_cell(question, std::chrono::duration<double>(asked_.limit), stop_);
    check(all, doing, result);
    report_.add(*all.what, model, all.work.tasks, round, result);
    return result;
  }

  static repetition not_tried(workload const& what) {
    return {.how = ending::refused,
            .why = fmt::format("more than {} processes at once are not tried",
                               with_commas(what.most_processes)),
            .measured = {},
            .brought = {}};
  }

  // A result that is wrong is no result; a file that could not be read is told at once.
  void check(sheet const& all, std::string const& doing, repetition& result) {
    for (auto const& each : result.brought.troubles) {
      complain(
          fmt::format("{}: cannot read '{}': {}; it is not counted", doing, each.path, each.why));
    }
    if (result.how == ending::finished) {
      auto const right = all.what->expected(all.work, result.brought);
      if (result.brought.value != right) {
        result.how = ending::failed;
        result.why = fmt::format("wrong result: {}, not {}", with_commas(result.brought.value),
                                 with_commas(right));
      }
    }
    if (result.how == ending::failed || result.how == ending::crashed) {
      complain(fmt::format("{}: {}", doing, result.why));
    }
  }

  // Finds or takes the books and counts them; false if none is left.
  bool fill_shelf(job& work) {
    line_.show("books: looking for text files …");
    auto const paths = asked_.files.empty() ? find_books(stop_) : asked_.files;
    line_.show("books: counting words the plain way …");
    std::vector<trouble> troubles;
    work.books = count_books(paths, stop_, troubles);
    line_.clear();
    for (auto const& each : troubles) {
      complain(fmt::format("books: cannot read '{}': {}; it is not counted", each.path, each.why));
    }
    if (work.books.empty()) complain("books: no file to count; name some with --file PATH");
    report_.add_books(work.books);
    return !work.books.empty();
  }

  void complain(std::string const& what) {
    line_.clear();
    std::fflush(stdout);  // so that both streams, where they are one, read in order
    fmt::print(stderr, "coir compare: {}\n", what);
    failed_ = true;
  }

  // Whether standard output still takes what it is given; says so once if not.
  bool show(std::string const& text) {
    line_.clear();
    if (lost_) return false;
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
        std::fflush(stdout) == 0) {
      return true;
    }
    lost_ = true;
    complain(fmt::format("cannot write the tables: {}", std::strerror(errno)));
    return false;
  }

  wishes const& asked_;
  report report_;  // opens its file first: if that fails, nothing has begun
  interrupts stop_;
  screen screen_ = screen::of_stdout();
  progress line_;
  bool failed_ = false;  // something real went wrong
  bool lost_ = false;    // standard output is gone
};

}  // namespace

int run_comparison(wishes const& asked) { return comparison(asked).run(); }

}  // namespace demos::compare
