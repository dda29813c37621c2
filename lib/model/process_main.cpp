// SPDX-License-Identifier: BSL-1.0
/// The life of a process that the fork server has made: for a task, or for one after another.

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

#include "cancel/first_look.hpp"
#include "cancel/stand_in.hpp"
#include "model/answer_lane.hpp"
#include "model/fork_server.hpp"
#include "model/packer.hpp"
#include "model/remote_exception.hpp"
#include "model/runtime.hpp"
#include "model/service_thread.hpp"
#include "model/worker_steps.hpp"
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

/// Hears who waits for the process's task: cancels. A thread of its own, and not the hub, which is not
/// needed before the task has tasks itself, and takes longer to make. In a process that was made for one task
/// it begins when that first looks for a cancel, for a thread takes as long to make as half a process.
class ear {
 public:
  explicit ear(int socket) : socket_(socket) {}

  /// From now on `main` is the process's task. A cancel of it may have come already.
  void attend(task_record& main, std::uint64_t id) {
    std::unique_lock<std::mutex> held(lock_);
    main.add_ref();
    main_ = record_ref<task_record>(&main);
    id_ = id;
    if (early_of_ != id) return;
    cancel_reason const reason = early_;
    held.unlock();
    cancel(main.root, reason);
  }

  /// It has ended.
  void leave() noexcept {
    record_ref<task_record> gone;
    std::lock_guard<std::mutex> const held(lock_);
    gone = std::move(main_);
  }

  void hear(bool wait) noexcept {
    std::array<std::byte, 2048> room;
    message came;
    while (receive_message(socket_, room, came, wait)) {
      if (came.size == 0) return;  // the server will end us
      message_kind kind;
      std::memcpy(&kind, room.data(), sizeof kind);
      if (kind == message_kind::still) {
        still_notice question;
        std::memcpy(&question, room.data(), sizeof question);
        answer(question);
      } else if (kind == message_kind::cancel) {
        cancel_order order;
        std::memcpy(&order, room.data(), sizeof order);
        std::string text(reinterpret_cast<char const*>(room.data()) + sizeof order,
                         came.size - sizeof order);
        pass_on(order, std::move(text));
      }
    }
  }

  /// To begin before `main`, which is the calling thread's, first looks whether it is cancelled.
  void begin_at_first_look(task_core& main) noexcept {
    late_ = this;
    main.budget = 1;
    before_first_look.store(&begin_now, std::memory_order_relaxed);
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
  static void begin_now() noexcept {
    if (before_first_look.exchange(nullptr) == nullptr) return;
    if (task_core* const here = current_task()) here->budget = task_core::full_budget;
    late_->hear(/*wait=*/false);  // what has come by now is to be found by this very look
    try {
      late_->begin();
    } catch (...) {  // no thread now: the next turn tries again
      before_first_look.store(&begin_now);
    }
  }

  [[nodiscard]] record_ref<task_record> find(std::uint64_t id) noexcept {
    if (!main_ || id_ != id) return {};
    main_->add_ref();
    return record_ref<task_record>(main_.get());
  }

  void pass_on(cancel_order const& order, std::string text) {
    cancel_reason reason(order.cause, std::move(text));
    record_ref<task_record> meant;
    {
      std::lock_guard<std::mutex> const held(lock_);
      meant = find(order.task);
      if (!meant) {  // before its task, or behind it
        early_of_ = order.task;
        early_ = std::move(reason);
      }
    }
    if (meant) cancel(meant->root, std::move(reason));
  }

  void answer(still_notice notice) noexcept {
    record_ref<task_record> meant;
    {
      std::lock_guard<std::mutex> const held(lock_);
      meant = find(notice.task);
    }
    if (meant) {
      std::lock_guard<spin_lock> const held(meant->lock);
      notice.cancelled = meant->root.reached ? 1 : 0;
    }
    send_message(socket_, {bytes_of(notice)}, {}, false);
  }

  static inline ear* late_ = nullptr;  // the process's, before it has begun
  int const socket_;
  std::mutex lock_;               // guards the rest
  record_ref<task_record> main_;  // null: there is no task
  std::uint64_t id_ = 0;          // its
  std::uint64_t early_of_ = 0;    // a task that was cancelled when it was not here; 0: none
  cancel_reason early_;
};

void flush_output() noexcept {
  std::fflush(nullptr);
  try {
    std::cout.flush();
    std::clog.flush();
  } catch (...) {  // whoever has asked for exceptions from them
  }
}

/// To whom a task's result goes.
struct way_back {
  int socket;
  answer_lane* lane = nullptr;  // a worker's
  int bell = -1;                // which is rung if a fiber waits there
};

/// The last act: who waits for the task goes on as soon as it has come.
void send_result(way_back const& to, outcome how, packer& packed) {
  packed.finish();
  flush_output();
  if (to.lane != nullptr && !packed.file() && packed.attached() == 0 &&
      to.lane->leave_answer(how, packed.memory(), to.bell))
    return;
  result_notice notice;
  notice.how = how;
  notice.packed = packed.size();
  notice.attached = static_cast<std::uint32_t>(packed.attached());
  notice.in_file = packed.file() ? 1 : 0;
  send_message(to.socket, {bytes_of(notice), packed.memory()}, packer::cargo(packed));
}

void send_failure(way_back const& to, std::exception_ptr const& error) {
  packer packed;
  pack_exception(error, packed);
  send_result(to, outcome::failed, packed);
}

/// Runs the task as the main task of a run of its own, and says there how it has ended.
void live_remotely(process_start& start, way_back const& to, ear& listening, bool alone) {
  portable_task const& type = *start.request.type;
  record_ref<task_record> main;
  {
    mapped_file const mapped(start.file, start.file ? start.request.packed : 0);
    byte_view const packed = start.file ? byte_view(mapped.bytes()) : start.packed;
    input_archive in(packed, start.attached);
    main = record_ref<task_record>(type.carry(nullptr, nullptr, &in));
  }
  start.file = descriptor();
  listening.attend(*main, start.request.task);
  if (alone) {
    listening.hear(/*wait=*/false);  // cancelled by now, it never begins (C7)
    listening.begin_at_first_look(*main);
  }

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
  if (!alone) {
    listening.leave();
    worker_reached(worker_step::call_made);
  }
  send_result(to, main->how, packed);
  if (alone) (void)main.release();  // the process ends in a moment, and what is left with it
}

void live_or_fail(process_start& start, way_back const& to, ear& listening, bool alone) {
  try {
    live_remotely(start, to, listening, alone);
  } catch (...) {
    listening.leave();
    send_failure(to, std::current_exception());
  }
}

/// Runs one task after another, until nobody has any more.
void serve(process_start& worker, ear& listening) {
  descriptor const requests = std::move(worker.attached[0]);
  answer_lane lane(std::move(worker.attached[1]));
  lane.note_process(::getpid());
  descriptor bell;
  std::unique_ptr<std::byte[]> const room(new std::byte[largest_message]);
  listening.begin();
  for (;;) {
    message came;
    receive_message(requests.get(), {room.get(), largest_message}, came, /*wait=*/true);
    if (came.size < sizeof(fork_request)) return flush_output();
    fork_request request;
    std::memcpy(&request, room.get(), sizeof request);
    byte_view const rest = byte_view(room.get(), came.size).subspan(sizeof request);
    std::span<descriptor> with = came.descriptors;
    if (request.with_bell != 0) {
      bell = std::move(with[0]);
      with = with.subspan(1);
    }
    process_start call{
        request,
        std::string_view(reinterpret_cast<char const*>(rest.data()), request.name_size),
        rest.subspan(request.name_size),
        request.in_file != 0 ? std::move(with[request.attached]) : descriptor(),
        descriptor(),
        with.first(request.attached)};
    worker_reached(worker_step::call_taken);
    lane.note_begun();
    worker_reached(worker_step::call_begun);
    live_or_fail(call, {worker.socket.get(), &lane, bell.get()}, listening, /*alone=*/false);
    worker_reached(worker_step::answered);
  }
}

}  // namespace

void rehearse_process_task() noexcept {
  static constexpr task_type does_nothing{
      {[](task_core& self) noexcept { delete static_cast<task_record*>(&self); }},
      [](task_record&) {},
      [](task_record&) noexcept {}};
  try {
    this_thread = thread_state{};
    fresh_thread thread;
    stand_in const here(thread);
    record_ref<task_record> const main(new task_record(task_kind::thread, does_nothing, 0));
    run_options options;
    options.model = model::processes;
    options.handle_sigint = false;
    run_as_task(options, *main, 1, "rehearsal");
    // Tasks with little to carry.
    for (std::size_t size = sizeof(task_record); size < sizeof(task_record) + 256; size += 64)
      task_record::operator delete(task_record::operator new(size), size);
    packer packed;
    packed.finish();
    flush_output();
  } catch (...) {  // no memory: each for itself then
  }
}

void run_process_task(process_start start) {
  this_thread = thread_state{};
  restart_task_ids(static_cast<std::uint64_t>(::getpid()) << 32);
  auto* const thread =
      new fresh_thread;  // for good, as the hub: what is left ends with the process
  stand_in const here(*thread);
  auto& listening =
      *new ear(start.socket.get());  // for good: it may hear of a cancel to the last moment
  if (start.request.type != nullptr) {
    live_or_fail(start, {start.socket.get()}, listening, /*alone=*/true);
  } else {
    serve(start, listening);
  }
  ::_exit(0);  // the destructors of globals are for the program, which has them too
}

}  // namespace coir::detail
