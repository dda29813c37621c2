// SPDX-License-Identifier: BSL-1.0
/// Reads /proc/self/status and getrusage.
#include "measure.hpp"

#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>

namespace demos::compare {
namespace {

double in_seconds(timeval time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

std::int64_t line_in_bytes(std::string const& status, std::string_view name) {
  auto const line = status.find(name);
  if (line == std::string::npos) return 0;
  return std::strtoll(status.c_str() + line + name.size(), nullptr, 10) * 1024;  // given in kB
}

sizes own_sizes() {
  std::ifstream file("/proc/self/status");
  return parse_sizes(std::string(std::istreambuf_iterator<char>(file), {}));
}

void read_usage(look& taken) {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  taken.cpu = in_seconds(used.ru_utime) + in_seconds(used.ru_stime);
  taken.voluntary = used.ru_nvcsw;
  taken.involuntary = used.ru_nivcsw;
}

}  // namespace

sizes parse_sizes(std::string const& status) {
  return {.resident = line_in_bytes(status, "\nVmRSS:"),
          .peak_resident = line_in_bytes(status, "\nVmHWM:"),
          .page_tables = line_in_bytes(status, "\nVmPTE:")};
}

std::int64_t parse_own(std::string const& smaps) {
  return line_in_bytes(smaps, "\nPrivate_Clean:") + line_in_bytes(smaps, "\nPrivate_Dirty:");
}

look look::before_work() {
  look taken;
  taken.memory = own_sizes();
  read_usage(taken);
  taken.at = std::chrono::steady_clock::now();
  return taken;
}

look look::after_work() {
  look taken;
  taken.at = std::chrono::steady_clock::now();
  read_usage(taken);
  taken.memory = own_sizes();
  return taken;
}

figures between(look const& before, look const& after) {
  auto const resident = after.memory.peak_resident - before.memory.resident;
  auto const tables = after.memory.page_tables - before.memory.page_tables;
  return {.wall = std::chrono::duration<double>(after.at - before.at).count(),
          .cpu = after.cpu - before.cpu,
          .memory = resident + tables,
          .voluntary = after.voluntary - before.voluntary,
          .involuntary = after.involuntary - before.involuntary};
}

}  // namespace demos::compare
