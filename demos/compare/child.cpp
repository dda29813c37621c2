// SPDX-License-Identifier: BSL-1.0
/// posix_spawn, pidfds and memfds.
#include "child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace demos::compare {
namespace {

int check(int result, char const* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

// A file in memory whose number is none of 0, 1, 2: those are about to be replaced in the child.
owned_fd memory_file(std::string_view content = {}) {
  owned_fd const any(check(::memfd_create("coir", MFD_CLOEXEC), "memfd_create"));
  owned_fd file(check(::fcntl(any.get(), F_DUPFD_CLOEXEC, 3), "fcntl"));
  while (!content.empty()) {
    auto const written = check(
        static_cast<int>(::write(file.get(), content.data(), content.size())), "write to memfd");
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

// Reads from the start without touching the offset, which the child shares.
std::string content_of(int file) {
  std::string content;
  std::array<char, 4096> part;
  for (;;) {
    auto const got = ::pread(file, part.data(), part.size(), static_cast<off_t>(content.size()));
    if (got <= 0) return content;
    content.append(part.data(), static_cast<std::size_t>(got));
  }
}

// Signals in the child are as in a program freshly started from a shell.
int spawn_self(char const* command, std::array<int, 3> streams) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (int stream = 0; stream < 3; ++stream) {
    ::posix_spawn_file_actions_adddup2(&actions, streams[static_cast<std::size_t>(stream)], stream);
  }
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);

  // The child is known by this program's name and asked for nothing but the one command.
  std::string name = "coir", argument = command;
  std::array<char*, 3> arguments = {name.data(), argument.data(), nullptr};
  int id = -1;
  int const error =
      ::posix_spawn(&id, "/proc/self/exe", &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::system_error(error, std::generic_category(), "posix_spawn");
  return id;
}

}  // namespace

child::child(char const* command, std::string const& input)
    : input_(memory_file(input)), output_(memory_file()), errors_(memory_file()) {
  id_ = spawn_self(command, {input_.get(), output_.get(), errors_.get()});
  process_ = owned_fd(static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)));
  if (process_.get() < 0) {
    int const error = errno;
    kill();
    ::waitpid(id_, nullptr, 0);
    throw std::system_error(error, std::generic_category(), "pidfd_open");
  }
}

child::~child() {
  if (reaped_) return;
  kill();
  reap();
}

// As long as it has not been reaped, its number means nobody else.
void child::kill() { ::kill(id_, SIGKILL); }

siginfo_t child::reap() {
  siginfo_t end{};
  auto const which = static_cast<id_t>(process_.get());
  while (::waitid(P_PIDFD, which, &end, WEXITED) < 0 && errno == EINTR) {
  }
  reaped_ = true;
  return end;
}

std::string child::output() const { return content_of(output_.get()); }
std::string child::errors() const { return content_of(errors_.get()); }

}  // namespace demos::compare
