// SPDX-License-Identifier: BSL-1.0
/// Time and output as the demos see them.
#include "stage.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <system_error>

namespace demos {

stage& the_stage() {
  // Shared with the processes of tasks, which have copies of everything else. Made before there are any.
  static stage& only = [&]() -> stage& {
    void* const page =
        ::mmap(nullptr, sizeof(stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    return *new (page) stage;
  }();
  return only;
}

std::chrono::nanoseconds seconds(double count) {
  return std::chrono::nanoseconds(
      std::llround(count * static_cast<double>(the_stage().unit.count())));
}

void print_line(std::string_view line) {
  std::string const whole = std::string(line) + '\n';
  std::fwrite(whole.data(), 1, whole.size(), stdout);  // one call: stdio's lock keeps it together
}

double stopwatch::seconds() const {
  return std::chrono::duration<double, std::nano>(coir::now() - began_).count() /
         static_cast<double>(the_stage().unit.count());
}

std::string as_clock(double seconds) {
  long const whole = std::lround(seconds);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

bool in_colour() { return ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr; }

}  // namespace demos
