// SPDX-License-Identifier: BSL-1.0
/// One row in a process of its own.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "report.hpp"

namespace demos::bench {
namespace {

void write_all(int to, std::string_view text) {
  while (!text.empty()) {
    ssize_t const some = ::write(to, text.data(), text.size());
    if (some < 0 && errno != EINTR) ::_exit(1);
    if (some > 0) text.remove_prefix(static_cast<std::size_t>(some));
  }
}

std::string read_all(int from) {
  std::string text;
  char some[4096];
  for (;;) {
    ssize_t const count = ::read(from, some, sizeof some);
    if (count == 0) return text;
    if (count > 0) text.append(some, static_cast<std::size_t>(count));
    if (count < 0 && errno != EINTR) throw std::system_error(errno, std::system_category(), "read");
  }
}

[[noreturn]] void be_the_child(plan const& how, result& row, int to) {
  try {
    measure(how, row);
  } catch (std::exception const& error) {
    row.coir.error = error.what();
  }
  write_all(to, sides_as_json(row).dump());
  ::_exit(0);
}

std::string ending(int status) {
  if (WIFSIGNALED(status)) return fmt::format("died: {}", ::strsignal(WTERMSIG(status)));
  return fmt::format("ended with {}", WEXITSTATUS(status));
}

}  // namespace

void measure_apart(plan const& how, result& into) {
  int pipe[2];
  if (::pipe(pipe) != 0) throw std::system_error(errno, std::system_category(), "pipe");
  pid_t const child = ::fork();
  if (child < 0) throw std::system_error(errno, std::system_category(), "fork");
  if (child == 0) be_the_child(how, into, pipe[1]);

  ::close(pipe[1]);
  std::string const told = read_all(pipe[0]);
  ::close(pipe[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status == 0) {
    read_sides(nlohmann::json::parse(told), into);
  } else {
    into.coir.error = ending(status);
  }
}

}  // namespace demos::bench
