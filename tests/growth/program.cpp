// SPDX-License-Identifier: BSL-1.0
/// Does one of the benchmark's operations N times, for valgrind to count what that takes.

#include <cstdlib>
#include <iostream>

#include "../../demos/bench/growth.hpp"
#include "../../demos/bench/operations.hpp"

int main(int argc, char** argv) {
  using namespace demos::bench;
  if (argc == 2 && std::string_view(argv[1]) == "--list") {
    for (auto const& each : counted_operations) std::cout << each.name << '\t' << each.what << '\n';
    return 0;
  }
  if (argc == 3) {
    std::string_view const name = argv[1];
    long const n = std::atol(argv[2]);
    for (auto const& each : growing_operations) {
      if (each.name != name) continue;
      second_pass(each, n);
      return 0;
    }
    for (auto const& each : counted_operations) {
      if (each.name != name) continue;
      coir::run([&] { each.pass(n); });
      return 0;
    }
  }
  std::cerr << "usage: growth_program OPERATION N | --list\n";
  return 2;
}
