// SPDX-License-Identifier: BSL-1.0
/// The fork server: a small process with one thread that makes all the others.
///
/// fork() copies the page tables of who calls it, and only the calling thread: so it is slow in a big
/// process, and in one with several threads the copy finds locks that nobody will ever release. The
/// server is forked while the program is small and has one thread, and stays so. It knows nothing of
/// tasks: it forks, reaps, passes signals on, and kills those whom nobody waits for.
/// Ancestors: Python's forkserver, Android's zygote. Not chosen: posix_spawn, for it runs a program
/// anew, whose functions lie elsewhere.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <coir/sys/descriptor.hpp>

#include "model/process_wire.hpp"

namespace coir::detail {

/// Starts the server, unless this process has one: the one that it was started by, too.
///   Throws: std::logic_error when other threads live; std::system_error.
void start_fork_server();

/// The server forks a process for a task, which gets the descriptors and runs run_process_task(): its
/// socket, what is attached, and the file into which it was packed if that is too much for the message.
///   Blocks: the thread, while the server has many requests to work off.
///   Throws: std::system_error if there is no server any more.
void request_fork(fork_request const& request, std::string_view name,
                  std::span<std::byte const> packed, std::span<int const> descriptors);

/// The server sends the process of `task` a signal, unless it has ended.
void request_kill(std::uint64_t task, int signal) noexcept;

/// What a process made by the server does, on its only thread.
struct process_start {
  fork_request const& request;
  std::string_view name;
  std::span<std::byte const> packed;  // empty if it comes in a file
  descriptor file;
  descriptor socket;               // to who waits for the task
  std::span<descriptor> attached;  // by its arguments
};
[[noreturn]] void run_process_task(process_start start);

/// Does in the server, once, what each of its processes does first. Then symbols of libraries are bound and
/// memory is at hand in all of them: else each would do that for itself, with two dozen page faults.
void rehearse_process_task() noexcept;

}  // namespace coir::detail
