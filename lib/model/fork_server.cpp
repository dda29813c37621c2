// SPDX-License-Identifier: BSL-1.0
/// The fork server's loop, and how it is asked.

#include "model/fork_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coir/base/check.hpp>
#include <coir/model/processes.hpp>

#include "model/interruption.hpp"
#include "sys/message.hpp"

namespace coir::detail {
namespace {

/// Which descriptor is what, in the server and in the processes that it makes: those keep the first two
/// and may have others in the places of those behind.
enum fixed_descriptor : int {
  to_server = 3,
  to_parent = 4,
  requests = 5,
  owner = 6,  // a pidfd
  events = 7,
  signals = 8,
  end_of_fixed,
};

int server = -1;  // where this process asks; -1: it has no server

/// A copy of the process that a plain fork() has made is on its own: the server does not know it.
void forget_server() noexcept {
  if (server >= 0) ::close(server);
  server = -1;
}

std::size_t count_threads() {
  namespace fs = std::filesystem;
  auto const threads = fs::directory_iterator("/proc/self/task");
  auto const count = static_cast<std::size_t>(std::distance(begin(threads), end(threads)));
  // TSan has one of its own. And one that looks for SIGINT is as good as none: it holds nothing.
  return count - (COIR_TSAN ? 1 : 0) - interruption::listeners();
}

void flush_output() noexcept {
  std::fflush(nullptr);
  try {
    std::cout.flush();
    std::clog.flush();
  } catch (...) {  // whoever has asked for exceptions from them
  }
}

class fork_server {
 public:
  /// `peer` and `own` are the ends of the socket for requests.
  fork_server(int peer, int own, int owner_process);
  [[noreturn]] void serve();

 private:
  struct child {
    descriptor socket;
    std::uint64_t task;
  };

  void watch(int fd, std::uint32_t what, std::uint64_t name) const noexcept;
  void handle_request();
  void fork_for(fork_request const& request, byte_view rest, message& came);
  [[noreturn]] void become_task(fork_request const& request, byte_view rest, message& came);
  void handle_signals();
  void reap();
  void abandon(pid_t process) noexcept;
  void signal_all(int signal) const noexcept;

  pid_t const self_ = ::getpid();
  sigset_t mask_before_{};
  struct sigaction child_action_before_ {};
  std::array<char, 16> name_before_{};
  std::unordered_map<pid_t, child> children_;
  std::unique_ptr<std::byte[]> const room_{new std::byte[largest_message]};
};

fork_server::fork_server(int peer, int own, int owner_process) {
  // First out of the way of the numbers they are to have, then everything else is closed.
  int const aside[]{::fcntl(peer, F_DUPFD_CLOEXEC, end_of_fixed),
                    ::fcntl(own, F_DUPFD_CLOEXEC, end_of_fixed),
                    ::fcntl(owner_process, F_DUPFD_CLOEXEC, end_of_fixed)};
  ::close_range(to_server, end_of_fixed - 1, 0);
  int const nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int const standard : {STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(standard, F_GETFD) == -1) ::dup2(nothing, standard);
  ::dup2(nothing, STDIN_FILENO);
  ::dup3(nothing, to_parent, O_CLOEXEC);  // a placeholder
  ::dup3(aside[0], to_server, O_CLOEXEC);
  ::dup3(aside[1], requests, O_CLOEXEC);
  ::dup3(aside[2], owner, O_CLOEXEC);
  ::close_range(owner + 1, ~0U, 0);

  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &mask_before_);
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;  // ignored, children would leave no exit code
  ::sigaction(SIGCHLD, &usual, &child_action_before_);
  sigset_t heard;
  ::sigemptyset(&heard);
  for (int const signal : {SIGCHLD, SIGTSTP, SIGCONT}) ::sigaddset(&heard, signal);
  int const own_events = ::epoll_create1(EPOLL_CLOEXEC);
  int const own_signals = ::signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
  if (own_events != events || own_signals != signals) die("the fork server got no descriptors");
  ::prctl(PR_GET_NAME, name_before_.data());
  ::prctl(PR_SET_NAME, "coir-fork-srv");
}

void fork_server::watch(int fd, std::uint32_t what, std::uint64_t name) const noexcept {
  epoll_event event{};
  event.events = what;
  event.data.u64 = name;
  ::epoll_ctl(events, EPOLL_CTL_ADD, fd, &event);
}

void fork_server::serve() {
  for (int const fd : {requests, owner, signals}) watch(fd, EPOLLIN, static_cast<unsigned>(fd));
  server = to_server;  // a run looks whether there is one
  rehearse_process_task();
  server = -1;
  for (;;) {
    std::array<epoll_event, 64> ready;
    int const count = ::epoll_wait(events, ready.data(), ready.size(), -1);
    for (int i = 0; i < count; ++i) {
      std::uint64_t const name = ready[static_cast<std::size_t>(i)].data.u64;
      if (name == owner) {
        signal_all(SIGKILL);
        ::_exit(0);
      } else if (name == requests) {
        handle_request();
      } else if (name == signals) {
        handle_signals();
      } else {
        abandon(static_cast<pid_t>(name >> 32));
      }
    }
  }
}

void fork_server::handle_request() {
  message came;
  if (!receive_message(requests, {room_.get(), largest_message}, came)) return;
  byte_view const all{room_.get(), came.size};
  message_kind kind;
  if (all.size() < sizeof kind) return;
  std::memcpy(&kind, all.data(), sizeof kind);
  if (kind == message_kind::fork && all.size() >= sizeof(fork_request)) {
    fork_request request;
    std::memcpy(&request, all.data(), sizeof request);
    fork_for(request, all.subspan(sizeof request), came);
  } else if (kind == message_kind::kill && all.size() == sizeof(kill_request)) {
    kill_request order;
    std::memcpy(&order, all.data(), sizeof order);
    for (auto const& [process, each] : children_)
      if (each.task == order.task) ::kill(process, order.signal);
  }
}

void fork_server::fork_for(fork_request const& request, byte_view rest, message& came) {
  pid_t const process = ::fork();
  if (process == 0) become_task(request, rest, came);
  descriptor& socket = came.descriptors[0];
  if (process == -1) {
    not_begun_notice notice;
    notice.error = errno;
    send_message(socket.get(), {bytes_of(notice)}, {}, false);
    return;
  }
  ::setpgid(process, process);  // it does so too: whoever comes first
  // Told only when the other end is closed: then nobody waits for the task any more.
  watch(socket.get(), 0, static_cast<std::uint64_t>(process) << 32);
  children_.emplace(process, child{std::move(socket), request.task});
}

void fork_server::become_task(fork_request const& request, byte_view rest, message& came) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != self_) ::_exit(1);
  ::prctl(PR_SET_NAME, name_before_.data());

  // All lie above the server's own, in ascending order: none is in the way of one that is yet to move.
  std::array<descriptor, message::most_descriptors> kept;
  int end = to_parent;
  std::size_t const count =
      std::min<std::size_t>(1 + request.attached + request.in_file, kept.size());
  for (std::size_t i = 0; i < count; ++i, ++end)
    if (int const fd = came.descriptors[i].release(); fd >= 0)
      kept[i] = descriptor(::dup3(fd, end, O_CLOEXEC));
  ::close_range(static_cast<unsigned>(end), ~0U, 0);

  ::sigaction(SIGCHLD, &child_action_before_, nullptr);
  ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
  server = to_server;
  auto const* const text = reinterpret_cast<char const*>(rest.data());
  run_process_task({request, std::string_view(text, request.name_size),
                    rest.subspan(request.name_size),
                    request.in_file != 0 ? std::move(kept[count - 1]) : descriptor(),
                    std::move(kept[0]), std::span(kept).subspan(1, request.attached)});
}

void fork_server::handle_signals() {
  signalfd_siginfo heard;
  while (::read(signals, &heard, sizeof heard) == sizeof heard) {
    if (heard.ssi_signo == SIGCHLD) {
      reap();
    } else {
      signal_all(static_cast<int>(heard.ssi_signo));
    }
  }
}

void fork_server::reap() {
  for (;;) {
    siginfo_t ended{};
    if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) return;
    // One that was killed could not end what it had begun itself. Its number is not anybody else's
    // until it has been waited for.
    if (ended.si_code != CLD_EXITED) ::kill(-ended.si_pid, SIGKILL);
    pid_t const process = ended.si_pid;
    ::waitid(P_PID, static_cast<id_t>(process), &ended, WEXITED);
    auto const found = children_.find(process);
    if (found == children_.end()) continue;
    end_notice notice;
    notice.process = process;
    notice.code = ended.si_code;
    notice.status = ended.si_status;
    int const socket = found->second.socket.get();
    send_message(socket, {bytes_of(notice)}, {}, false);
    // Closing does not do this where the process has left a copy of its socket to somebody.
    ::epoll_ctl(events, EPOLL_CTL_DEL, socket, nullptr);
    children_.erase(found);
  }
}

/// Nobody waits for it any more: who did has died.
void fork_server::abandon(pid_t process) noexcept {
  auto const found = children_.find(process);
  if (found == children_.end()) return;
  ::epoll_ctl(events, EPOLL_CTL_DEL, found->second.socket.get(), nullptr);
  ::kill(-process, SIGKILL);
}

void fork_server::signal_all(int signal) const noexcept {
  for (auto const& [process, each] : children_) ::kill(-process, signal);
}

}  // namespace

void start_fork_server() {
  if (server >= 0) return;
  if (std::size_t const threads = count_threads(); threads > 1)
    throw std::logic_error(
        "coir: the model 'processes' needs a fork server, which cannot be started beside " +
        std::to_string(threads - 1) +
        " other thread(s); call coir::prepare_processes() first in main(), before there are any");
  auto [ours, theirs] = socket_pair();
  descriptor const self(checked(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)),
                                "coir: no pidfd for the fork server"));
  static bool const registered = ::pthread_atfork(nullptr, nullptr, &forget_server) == 0;
  (void)registered;
  flush_output();
  pid_t const between =
      checked(::fork(), "coir: cannot fork a fork server; raise `ulimit -u` or the pids.max");
  if (between == 0) {
    // Forked twice, it is no child of the program's, whose own wait() does not see it.
    pid_t const second = ::fork();
    if (second != 0) ::_exit(second == -1 ? errno : 0);
    fork_server(ours.get(), theirs.get(), self.get()).serve();
  }
  int status = 0;
  while (::waitpid(between, &status, 0) == -1 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
    throw std::system_error(WEXITSTATUS(status), std::generic_category(),
                            "coir: cannot fork a fork server; raise `ulimit -u` or the pids.max");
  server = ours.release();
}

void request_fork(fork_request const& request, std::string_view name, byte_view packed,
                  std::span<int const> descriptors) {
  auto const parts = {bytes_of(request), std::as_bytes(std::span(name)), packed};
  int const error = send_message(server, parts, descriptors);
  if (error != 0)
    throw std::system_error(error, std::generic_category(),
                            "coir: the fork server does not answer; has it been killed?");
}

void request_kill(std::uint64_t task, int signal) noexcept {
  kill_request order;
  order.signal = signal;
  order.task = task;
  send_message(server, {bytes_of(order)});
}

}  // namespace coir::detail

namespace coir {

void prepare_processes() { detail::start_fork_server(); }

}  // namespace coir
