// SPDX-License-Identifier: BSL-1.0
/// Compares all that limits threads and finds the tightest.
#include "limits.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "units.hpp"

namespace demos::compare {
namespace {

struct bound {
  std::string name;       // as one would type it to raise it
  std::uint64_t value;    // what it is set to
  std::uint64_t threads;  // how many threads that carries
};

std::optional<std::uint64_t> number_in(std::string const& path) {
  std::uint64_t number = 0;
  if (std::ifstream(path) >> number) return number;
  return std::nullopt;  // not there, or "max"
}

// The control group of this process, as a folder; only the unified hierarchy is looked at.
std::string own_group() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::")) return "/sys/fs/cgroup" + line.substr(3);
  }
  return "/sys/fs/cgroup";
}

// Address space is taken by a stack at its full size, used or not.
std::uint64_t stack_size() {
  pthread_attr_t attributes;
  std::size_t size = 8 * 1024 * 1024;
  if (::pthread_getattr_default_np(&attributes) == 0) {
    ::pthread_attr_getstacksize(&attributes, &size);
    ::pthread_attr_destroy(&attributes);
  }
  return std::max<std::uint64_t>(size, 1);
}

void add_limit(std::vector<bound>& all, int which, char const* name, std::uint64_t per_thread) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource>(which), &limit) != 0) return;
  if (limit.rlim_cur != RLIM_INFINITY) {
    all.push_back({name, limit.rlim_cur, limit.rlim_cur / per_thread});
  }
}

void add_file(std::vector<bound>& all, std::string const& path, std::string const& name,
              std::uint64_t per_thread) {
  if (auto const number = number_in(path)) all.push_back({name, *number, *number / per_thread});
}

std::vector<bound> bounds() {
  std::vector<bound> all;
  add_limit(all, RLIMIT_AS, "ulimit -v", stack_size());
  add_limit(all, RLIMIT_NPROC, "ulimit -u", 1);
  add_file(all, "/proc/sys/vm/max_map_count", "vm.max_map_count", 2);  // a stack and its guard
  add_file(all, "/proc/sys/kernel/threads-max", "kernel.threads-max", 1);
  add_file(all, "/proc/sys/kernel/pid_max", "kernel.pid_max", 1);
  for (auto group = own_group(); group.starts_with("/sys/fs/cgroup/");) {
    add_file(all, group + "/pids.max", "pids.max of the control group", 1);
    group.resize(group.find_last_of('/'));
  }
  return all;
}

}  // namespace

std::string how_to_get_more_threads(std::uint64_t wanted) {
  auto const all = bounds();
  auto const tightest = std::ranges::min_element(all, {}, &bound::threads);
  if (tightest == all.end() || tightest->threads > wanted) {
    return "no limit of this process explains it: see whether memory or threads ran out elsewhere";
  }
  return fmt::format("raise {} ({} now, enough for about {} threads)", tightest->name,
                     with_commas(tightest->value), with_commas(tightest->threads));
}

}  // namespace demos::compare
