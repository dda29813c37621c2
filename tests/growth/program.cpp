// SPDX-License-Identifier: BSL-1.0
/// Does one of the growing operations N times, for growth.py to count its instructions.

#include <cstdlib>
#include <iostream>

#include "../../demos/bench/growth.hpp"

int main(int argc, char** argv) {
  if (argc == 3) {
    for (auto const& each : demos::bench::growing_operations) {
      if (each.name != argv[1]) continue;
      demos::bench::second_pass(each, std::atol(argv[2]));
      return 0;
    }
  }
  std::cerr << "usage: growth_program OPERATION N\n";
  return 2;
}
