// SPDX-License-Identifier: BSL-1.0
/// Failures that nobody asks for, and a handler that fails itself (G3).

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

class UnhandledOnAny : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, UnhandledOnAny, all_models, model_name);
INSTANTIATE_TEST_SUITE_P(Processes, UnhandledOnAny, testing::Values(coir::model::processes),
                         model_name);

/// Has `f` fail in a task of which nobody wants to know, and waits until it has ended.
template <class F>
void fail_unseen(std::string name, F f) {
  coir::spawn({.name = std::move(name)}, std::move(f)).join();
}

/// What `f` writes to stderr.
template <class F>
std::string on_stderr(F f) {
  testing::internal::CaptureStderr();
  f();
  return testing::internal::GetCapturedStderr();
}

/// How often `part` stands in `text`.
int occurrences(std::string_view text, std::string_view part) {
  int found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

TEST_P(UnhandledOnAny, WithoutAHandlerALineOnStderrTells) {
  EXPECT_EQ(on_stderr([] {
              in_run([] { fail_unseen("unlucky", [] { throw std::runtime_error("no luck"); }); });
            }),
            "coir: unhandled exception in task unlucky: no luck\n");
  // From another process comes no int, but that it was one.
  bool const far = GetParam() == coir::model::processes;
  EXPECT_EQ(on_stderr([] { in_run([] { fail_unseen("unlucky", [] { throw 5; }); }); }),
            std::string("coir: unhandled exception in task unlucky: ") +
                (far ? "int" : "an exception that is no std::exception") + "\n");
}

TEST_P(UnhandledOnAny, DBG_03_AFailureThatNobodyAskedForIsReportedOnce) {
  unhandled_log const log;
  auto const fail = [] { throw std::runtime_error("x"); };
  in_run([&] {
    {
      auto joined = coir::spawn({.name = "joined"}, fail);
      joined.join();
      joined.join();
    }
    auto left = coir::spawn({.name = "left to itself"}, fail);
    left.join();
    left.detach();
  });
  std::vector<std::string> told = log.entries();
  std::sort(told.begin(), told.end());  // on threads each when its thread lets go of it
  EXPECT_EQ(told, (std::vector<std::string>{"joined: x", "left to itself: x"}));
}

TEST_P(UnhandledOnAny, WhatWasAskedForOrMerelyCancelledIsNotReported) {
  unhandled_log const log;
  in_run([] {
    auto asked = coir::spawn([] { throw std::runtime_error("asked"); });
    EXPECT_THROW(asked.get(), std::runtime_error);
    auto looked_at = coir::spawn([] { throw std::runtime_error("looked at"); });
    looked_at.join();
    EXPECT_NE(looked_at.exception(), nullptr);
    coir::spawn([] { throw coir::cancelled(coir::cancel_reason()); }).join();
  });
  EXPECT_TRUE(log.entries().empty());
}

TEST_P(UnhandledOnAny, RUN_15_AHandlerThatThrowsIsReportedItselfAndTheRunGoesOn) {
  auto const before = coir::set_unhandled_exception_handler(
      [](std::string const&, std::exception_ptr) { throw std::logic_error("broken handler"); });
  int after = 0;
  std::string const told = on_stderr([&] {
    in_run([&] {
      for (int i = 0; i < 2; ++i) {
        fail_unseen("unlucky", [] { throw std::runtime_error("no luck"); });
        ++after;
      }
      auto left = coir::spawn({.name = "unlucky"}, [] { throw std::runtime_error("no luck"); });
      left.join();
      left.detach();
    });
  });
  coir::set_unhandled_exception_handler(before);
  EXPECT_EQ(after, 2);
  std::string const broken =
      "coir: unhandled exception in task (the unhandled-exception handler): broken handler\n";
  std::string const failed = "coir: unhandled exception in task unlucky: no luck\n";
  // On threads each reports when its own thread lets go of it, so their lines may mingle
  EXPECT_EQ(occurrences(told, broken), 3) << told;
  EXPECT_EQ(occurrences(told, failed), 3) << told;
}

// Exactly once, whoever else might have asked
TEST_P(UnhandledOnAny, AFailureIsReportedOnce) {
  unhandled_log const log;
  in_run([] {
    auto task = coir::spawn({.name = "once"}, [] { throw std::runtime_error("no luck"); });
    task.join();
    EXPECT_TRUE(task.done());
    EXPECT_TRUE(task.join_for(1h));
    coir::wait({&task});
    task = {};
    coir::yield();
  });
  EXPECT_EQ(log.entries(), std::vector<std::string>{"once: no luck"});
}

// A handler is the program's code: it may wait, spawn, and look at the run
TEST_P(UnhandledOnAny, AHandlerMayUseTheRun) {
  int seen = 0;
  coir::event told;  // on threads the failed task may be let go of last by its own thread
  auto const before =
      coir::set_unhandled_exception_handler([&](std::string const&, std::exception_ptr) {
        coir::sleep_for(1us);
        at_end const tell{[&] { told.set(); }};
        seen = coir::spawn([] { return 7; }).get();
      });
  in_run([&] {
    fail_unseen("unlucky", [] { throw std::runtime_error("no luck"); });
    told.wait();  // what is spawned once main has ended is cancelled at birth
  });
  coir::set_unhandled_exception_handler(before);
  EXPECT_EQ(seen, 7);
}

}  // namespace
}  // namespace contract
