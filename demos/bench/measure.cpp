// SPDX-License-Identifier: BSL-1.0
/// A row run under Google Benchmark; its runs become samples.
#include <sched.h>

#include <algorithm>
#include <map>
#include <thread>

#include "sample.hpp"

namespace demos::bench {
namespace {

/// Keeps every repetition instead of printing it.
class keeper : public benchmark::BenchmarkReporter {
 public:
  explicit keeper(std::map<std::string, sample*> const& samples) : samples_(samples) {}

  bool ReportContext(Context const&) override { return true; }

  void ReportRuns(std::vector<Run> const& runs) override {
    for (Run const& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      auto const found = samples_.find(run.run_name.function_name);
      if (found == samples_.end()) continue;
      keep(run, *found->second);
    }
  }

 private:
  static void keep(Run const& run, sample& into) {
    if (run.error_occurred) {
      into.error = run.error_message;
      return;
    }
    auto const counter = [&](char const* name) {
      auto const at = run.counters.find(name);
      return at == run.counters.end() ? 0.0 : static_cast<double>(at->second.value);
    };
    double const bytes = counter("bytes");
    into.figure.push_back(bytes != 0 ? bytes : run.GetAdjustedRealTime());
    into.floor.push_back(counter("floor"));
    if (run.counters.count("cpu_ms") != 0) into.cpu_ms.push_back(counter("cpu_ms"));
  }

  std::map<std::string, sample*> const& samples_;
};

/// Two cores that share a cache differ from moment to moment; one stays what it is.
void stay_on_one_core() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(std::max(0, ::sched_getcpu())), &one);
  ::sched_setaffinity(0, sizeof one, &one);
}

void add(std::string const& name, row const& what, measured side, plan const& how) {
  auto* const made = benchmark::RegisterBenchmark(name.c_str(), side);
  made->Repetitions(what.unit == unit::bytes ? 1
                    : what.heavy             ? std::min(3, how.repetitions)
                                             : how.repetitions);
  if (what.timed_itself) {
    made->UseManualTime();
  } else {
    made->UseRealTime();
  }
  if (what.unit == unit::floors || what.unit == unit::microseconds) {
    if (what.heavy) {
      made->Iterations(300'000);
    } else {
      made->MinTime(how.min_seconds);
    }
    return;
  }
  made->Iterations(1)->Unit(benchmark::kMillisecond);
}

void run_pass(plan const& how, result& into, bool shared) {
  std::string const& name = into.what.name;
  std::map<std::string, sample*> samples;
  benchmark::ClearRegisteredBenchmarks();
  samples[name + "@coir"] = shared ? &into.coir_shared : &into.coir;
  add(name + "@coir", into.what, into.what.on_coir, how);
  if (!shared) {
    into.peers.resize(into.what.peers.size());
    for (std::size_t i = 0; i < into.peers.size(); ++i) {
      peer const& each = into.what.peers[i];
      samples[name + '@' + each.name] = &into.peers[i];
      add(name + '@' + each.name, into.what, each.run, how);
    }
  }
  keeper kept(samples);
  benchmark::RunSpecifiedBenchmarks(&kept, ".");
}

}  // namespace

spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {.median = values[values.size() / 2], .least = values.front(), .most = values.back()};
}

spread sample::floors() const {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < figure.size(); ++i) {
    if (floor[i] > 0) ratios.push_back(figure[i] / floor[i]);
  }
  return spread_of(std::move(ratios));
}

void measure(plan const& how, result& into) {
  if (!into.what.on_all_cores) stay_on_one_core();
  run_pass(how, into, false);
  if (into.what.once) return;
  std::thread([] {}).join();
  run_pass(how, into, true);
}

}  // namespace demos::bench
