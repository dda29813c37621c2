// SPDX-License-Identifier: BSL-1.0
/// What processes say to each other about a task.
///
/// Two sockets are involved. The fork server's is shared by all processes of the program; who wants a
/// task sends a `fork_request` with one end of a fresh pair in it. The other end he keeps: on it come
/// the task's result, from its process, and then the `end_notice`, from the server. On it he sends
/// `cancel_order`s. Once it is closed nobody waits for the task any more, and the server kills it.
/// A pool's worker has a third one, on which it gets one task after another.

#pragma once

#include <cstdint>

#include <sys/types.h>

#include <coir/base/error.hpp>
#include <coir/model/task_record.hpp>

namespace coir::detail {

/// What a message is: its first word.
enum class message_kind : std::uint32_t {
  fork,       // to the server: begin a process for a task, or for a worker
  call,       // to a worker: run a task
  kill,       // to the server: send its process a signal
  cancel,     // to the task's process: cancel it
  still,      // to the task's process: is it cancelled still? And its answer
  result,     // from the task's process: how it ended
  end,        // from the server: its process is gone
  not_begun,  // from the server: there is no process for it
};

/// Followed by the task's name and by what it was packed into, unless that comes in a file. Its
/// descriptors: the socket, but not to a worker, which has one, and gets the bell of the run that waits,
/// if it does not have that yet; what is attached, the file.
struct fork_request {
  message_kind kind = message_kind::fork;
  std::uint32_t name_size = 0;
  std::uint64_t task = 0;  // its id: no other task of the program has it
  portable_task const* type =
      nullptr;             // null: a worker's, to which its tasks' socket and its lane are attached
  std::int64_t grace = 0;  // nanoseconds: as its run's options say
  std::uint64_t packed = 0;  // how many bytes
  std::uint32_t attached = 0;
  std::uint32_t in_file = 0;
  std::uint32_t with_bell = 0;
};

struct kill_request {
  message_kind kind = message_kind::kill;
  std::int32_t signal = 0;
  std::uint64_t task = 0;
};

/// Followed by the reason's text.
struct cancel_order {
  message_kind kind = message_kind::cancel;
  cancel_cause cause = cancel_cause::requested;
  std::uint64_t task = 0;  // no other one is meant
};

/// A cancel that the task has taken back is no reason to kill it.
struct still_notice {
  message_kind kind = message_kind::still;
  std::uint32_t cancelled = 0;  // in the answer
  std::uint64_t task = 0;
};

/// Followed by what it has returned or thrown, unless that comes in a file; of a cancelled one, by a
/// cancel_cause and a text.
struct result_notice {
  message_kind kind = message_kind::result;
  outcome how = outcome::pending;
  std::uint64_t packed = 0;    // how many bytes
  std::uint32_t attached = 0;  // before the file
  std::uint32_t in_file = 0;
};

struct end_notice {
  message_kind kind = message_kind::end;
  std::int32_t process = 0;
  std::int32_t code = 0;    // as waitid() says: CLD_EXITED, CLD_KILLED, CLD_DUMPED
  std::int32_t status = 0;  // the exit code, or the signal
};

struct not_begun_notice {
  message_kind kind = message_kind::not_begun;
  std::int32_t error = 0;  // errno
};

}  // namespace coir::detail
