// SPDX-License-Identifier: BSL-1.0
/// Facts about machine and build.
#include "machine.hpp"

#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace demos::compare {
namespace {

std::string compiler() {
#if defined(__clang__)
  return std::string("clang++ ") + __clang_version__;
#else
  return std::string("g++ ") + __VERSION__;
#endif
}

std::string cpu() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    auto const value = line.find(": ");
    if (line.starts_with("model name") && value != std::string::npos) return line.substr(value + 2);
  }
  return "unknown processor";
}

std::string what_slows_this_build() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return "built with a sanitizer";
#elif !defined(__OPTIMIZE__)
  return "built without optimisation";
#else
  return {};
#endif
}

}  // namespace

std::uint64_t cores() {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    return static_cast<std::uint64_t>(CPU_COUNT(&allowed));
  }
  return std::max(1U, std::thread::hardware_concurrency());  // more cores than a cpu_set_t holds
}

machine_facts this_machine() {
  utsname name{};
  ::uname(&name);
  return {.cores = cores(),
          .cpu = cpu(),
          .kernel = std::string(name.sysname) + ' ' + name.release,
          .compiler = compiler(),
          .coir = COIR_VERSION,
          .build = what_slows_this_build()};
}

}  // namespace demos::compare
