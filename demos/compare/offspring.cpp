// SPDX-License-Identifier: BSL-1.0
/// /proc, and wait4.
#include "offspring.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "measure.hpp"

namespace demos::compare {
namespace {

constexpr std::size_t looked_at = 4;  // of all processes

// What there is of it, for the process may be gone at any moment.
std::string text_of(std::string const& path) {
  std::ifstream file(path);
  std::string text;
  std::getline(file, text, '\0');
  return text;
}

std::vector<pid_t> children_of(pid_t process) {
  std::ifstream list(fmt::format("/proc/{}/task/{}/children", process, process));
  return {std::istream_iterator<pid_t>(list), {}};
}

std::int64_t memory_of(pid_t process) {
  return parse_own(text_of(fmt::format("/proc/{}/smaps_rollup", process))) +
         parse_sizes(text_of(fmt::format("/proc/{}/status", process))).page_tables;
}

double in_seconds(timeval time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

offspring::offspring() : before_(children_of(::getpid())) { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

std::vector<pid_t> offspring::ours(pid_t but) const {
  auto all = children_of(::getpid());
  std::erase_if(all, [&](pid_t each) {
    return each == but || std::ranges::find(before_, each) != before_.end();
  });
  return all;
}

void offspring::look(pid_t cell) {
  std::int64_t now = 0;
  for (pid_t const server : ours(cell)) {
    now += memory_of(server);
    auto const all = children_of(server);
    std::size_t const some = std::min(all.size(), looked_at);
    std::int64_t theirs = 0;
    for (std::size_t i = 0; i < some; ++i) theirs += memory_of(all[i * all.size() / some]);
    if (some > 0) now += theirs / static_cast<std::int64_t>(some) * std::ssize(all);
  }
  most_ = std::max(most_, now);
}

void offspring::add_to(figures& cell) {
  using namespace std::chrono;
  cell.memory += most_;
  auto const until = steady_clock::now() + seconds(2);
  for (auto left = ours(0); !left.empty() && steady_clock::now() < until; left = ours(0)) {
    for (pid_t const each : left) {
      rusage used{};
      if (::wait4(each, nullptr, WNOHANG, &used) != each) continue;
      cell.cpu += in_seconds(used.ru_utime) + in_seconds(used.ru_stime);
      cell.voluntary += used.ru_nvcsw;
      cell.involuntary += used.ru_nivcsw;
    }
    std::this_thread::sleep_for(microseconds(200));
  }
}

}  // namespace demos::compare
