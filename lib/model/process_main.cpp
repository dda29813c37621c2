// SPDX-License-Identifier: BSL-1.0
/// The life of a process that the fork server has made for a task.

#include <array>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <unistd.h>

#include <coir/model/portable_task.hpp>

#include "cancel/stand_in.hpp"
#include "model/fork_server.hpp"
#include "model/packer.hpp"
#include "model/remote_exception.hpp"
#include "model/runtime.hpp"
#include "model/service_thread.hpp"
#include "sys/memory_file.hpp"
#include "sys/message.hpp"
#include "wait/ready_queue.hpp"

namespace coir::detail {
namespace {

/// The thread of this process before its task's run and after it, in place of the copy of the one that
/// has started the fork server, whose scopes and deadlines are none of ours.
struct fresh_thread : task_core {
  fresh_thread() : task_core(task_kind::thread), root(*this, now_in_flight()) {
    timers = &own_timers;
    enter(root);
  }
  static unsigned now_in_flight() noexcept {
    return static_cast<unsigned>(std::uncaught_exceptions());
  }
  scope root;
  timer_queue own_timers;
};

/// Hears who waits for the task: cancels. A thread of its own, and not the hub, which is not needed
/// before the task has tasks itself, and takes longer to make.
class ear {
 public:
  ear(int socket, task_record& main) : socket_(socket), main_(main) {}

  void hear(bool wait) noexcept {
    std::array<std::byte, 2048> room;
    message came;
    while (receive_message(socket_, room, came, wait)) {
      if (came.size == 0) return;  // the server will end us
      if (came.size < sizeof(cancel_order)) continue;
      message_kind kind;
      std::memcpy(&kind, room.data(), sizeof kind);
      if (kind == message_kind::still) {
        answer();
        continue;
      }
      cancel_order order;
      std::memcpy(&order, room.data(), sizeof order);
      std::string text(reinterpret_cast<char const*>(room.data()) + sizeof order,
                       came.size - sizeof order);
      cancel(main_.root, cancel_reason(order.cause, std::move(text)));
    }
  }

  ///   Throws: std::system_error.
  void begin() {
    ::pthread_detach(begin_service_thread(
        [](void* self) -> void* {
          static_cast<ear*>(self)->hear(/*wait=*/true);
          return nullptr;
        },
        this));
  }

 private:
  void answer() noexcept {
    still_notice notice;
    {
      std::lock_guard<spin_lock> const held(main_.lock);
      notice.cancelled = main_.root.reached ? 1 : 0;
    }
    send_message(socket_, {bytes_of(notice)}, {}, false);
  }

  int const socket_;
  task_record& main_;
};

void flush_output() noexcept {
  std::fflush(nullptr);
  try {
    std::cout.flush();
    std::clog.flush();
  } catch (...) {  // whoever has asked for exceptions from them
  }
}

/// The last act: who waits for the task goes on as soon as it has come.
void send_result(int socket, outcome how, packer& packed) {
  packed.finish();
  flush_output();
  result_notice notice;
  notice.how = how;
  notice.packed = packed.size();
  notice.attached = static_cast<std::uint32_t>(packed.attached());
  notice.in_file = packed.file() ? 1 : 0;
  send_message(socket, {bytes_of(notice), packed.memory()}, packer::cargo(packed));
}

void send_failure(int socket, std::exception_ptr const& error) {
  packer packed;
  pack_exception(error, packed);
  send_result(socket, outcome::failed, packed);
}

/// Runs the task as the main task of a run of its own, and says how it has ended.
void live_remotely(process_start& start) {
  portable_task const& type = *start.request.type;
  task_record* main;  // for good, as the ear: the hub may hear of a cancel to the last moment
  {
    mapped_file const mapped(start.file, start.file ? start.request.packed : 0);
    byte_view const packed = start.file ? byte_view(mapped.bytes()) : start.packed;
    input_archive in(packed, start.attached);
    main = type.carry(nullptr, nullptr, &in);
  }
  start.file = descriptor();
  int const socket = start.socket.get();
  auto& listening = *new ear(socket, *main);
  listening.hear(/*wait=*/false);  // cancelled by now, it never begins (C7)
  listening.begin();

  run_options options;
  options.model = model::processes;
  options.handle_sigint = false;  // it is the program's to handle
  options.grace = std::chrono::nanoseconds(start.request.grace);
  run_as_task(options, *main, start.request.task, std::string(start.name));

  packer packed;
  if (main->how == outcome::finished) {
    type.carry_result(*main, &packed, nullptr);
  } else {
    main->retrieved.store(true, std::memory_order_relaxed);
    pack_exception(main->error, packed);
  }
  send_result(socket, main->how, packed);
}

}  // namespace

void run_process_task(process_start start) {
  this_thread = thread_state{};
  restart_task_ids(static_cast<std::uint64_t>(::getpid()) << 32);
  auto* const thread =
      new fresh_thread;  // for good, as the hub: what is left ends with the process
  stand_in const here(*thread);
  try {
    live_remotely(start);
  } catch (...) {
    send_failure(start.socket.get(), std::current_exception());
  }
  ::_exit(0);  // the destructors of globals are for the program, which has them too
}

}  // namespace coir::detail
