// SPDX-License-Identifier: BSL-1.0
/// Somebody else's program: two greeters side by side.

#include <coir/coir.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

std::string say_after(std::chrono::milliseconds delay, std::string what) {
  coir::sleep_for(delay);
  return what;
}

int main() {
  coir::run([] {
    auto [hello, world] =
        coir::gather(coir::call(say_after, 50ms, "Hello"), coir::call(say_after, 10ms, "world"));
    std::cout << hello << ' ' << world << '\n';
  });
}
