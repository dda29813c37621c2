// SPDX-License-Identifier: BSL-1.0
/// Facts without which figures mean nothing: cores, kernel, compiler, version.
#pragma once

#include <cstdint>
#include <string>

namespace demos::compare {

struct machine_facts {
  std::uint64_t cores;
  std::string cpu;       // as /proc/cpuinfo calls it
  std::string kernel;    // "Linux 6.1.0"
  std::string compiler;  // "g++ 12.2.0"
  std::string coir;      // "0.1.0"
  std::string build;     // empty if the build is fit for measuring; else why it is not
};

machine_facts this_machine();

/// The cores that this process may run on.
std::uint64_t cores();

}  // namespace demos::compare
