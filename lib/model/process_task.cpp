// SPDX-License-Identifier: BSL-1.0
/// Asking for a process, hearing from it, ending it.

#include "model/process_task.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include <sys/wait.h>

#include <coir/base/relax.hpp>
#include <coir/base/warning.hpp>
#include <coir/model/portable_task.hpp>
#include <coir/model/processes.hpp>
#include <coir/sys/futex.hpp>
#include <coir/time/deadline.hpp>

#include "model/fork_server.hpp"
#include "model/packer.hpp"
#include "model/remote_exception.hpp"
#include "model/runtime.hpp"
#include "wait/parker.hpp"
#include "wait/ready_queue.hpp"

namespace coir::detail {
namespace {

/// After SIGTERM, before SIGKILL: for handlers that put things in order.
constexpr std::chrono::seconds patience_after_sigterm{1};

constexpr std::chrono::seconds patience_for_an_answer{1};

constexpr std::size_t longest_name = 1000;

std::string in_seconds(std::chrono::nanoseconds span) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(span).count()) +
         " ms";
}

}  // namespace

process_task::process_task(task_record& task, std::chrono::nanoseconds grace, descriptor socket,
                           std::atomic<std::uint32_t>& left)
    : timer([](timer& self) noexcept { static_cast<process_task&>(self).press_on(); }),
      hub_(process_hub::here()),
      task_((task.add_ref(), &task)),
      grace_(grace),
      socket_(std::move(socket)),
      left_(left) {}

void process_task::begin(task_record& fresh, std::chrono::nanoseconds grace,
                         std::atomic<std::uint32_t>& left) {
  packer packed;
  fresh.type().portable->carry(&fresh, &packed, nullptr);
  packed.finish();
  auto ends = socket_pair();
  descriptor const theirs = std::move(ends.second);
  struct deleter {
    void operator()(process_task* gone) const noexcept { delete gone; }
  };
  std::unique_ptr<process_task, deleter> made(
      new process_task(fresh, grace, std::move(ends.first), left));
  made->hub_.attend(made->socket_.get(), *made);
  set_proxy(fresh, *made);
  process_task& self = *made.release();  // the hub's from now on
  left.fetch_add(1, std::memory_order_relaxed);

  try {
    self.request(theirs.get(), packed);
  } catch (...) {
    self.trouble_ = std::current_exception();  // the hub hears of it once `theirs` is gone
    self.begun_.store(true, std::memory_order_release);
  }
  // Parked before this look, as every wait is: no cancel falls between.
  if (fresh.interrupted.load(std::memory_order_seq_cst) && claim(fresh, wake_reason::cancelled))
    self.wake(fresh);
}

/// Once the request is sent, the hub may end the task and this with it.
void process_task::request(int theirs, packer const& packed) {
  task_->word.store(word::parked, std::memory_order_seq_cst);
  std::string const name = name_of(*task_).substr(0, longest_name);
  fork_request request;
  request.name_size = static_cast<std::uint32_t>(name.size());
  request.task = task_->id;
  request.type = task_->type().portable;
  request.grace = grace_.count();
  request.packed = packed.size();
  request.attached = static_cast<std::uint32_t>(packed.attached());
  request.in_file = packed.file() ? 1 : 0;
  begun_.store(true, std::memory_order_release);
  request_fork(request, name, packed.memory(), packer::cargo(packed, theirs));
}

void process_task::wake(task_core& claimed) noexcept {
  if (ending_) return wake_thread(claimed);
  hub_.post(claimed);
}

void process_task::pass_cancel_on() noexcept {
  task_->word.store(word::parked, std::memory_order_seq_cst);  // the next cancel claims it anew
  if (settled_) {
    settle();
    if (gone_ && !task_) retire();
    return;
  }
  cancel_reason reason;
  {
    std::lock_guard<spin_lock> const held(task_->lock);
    reason = task_->root.reason;
  }
  cancel_order request;
  request.cause = reason.cause();
  std::string const text = reason.text().substr(0, longest_name);
  send_message(socket_.get(), {bytes_of(request), std::as_bytes(std::span(text))}, {}, false);
  if (pressed_ != pressure::none) return;
  press(pressure::cancelled, grace_);
}

void process_task::press(pressure how, std::chrono::nanoseconds patience) noexcept {
  pressed_ = how;
  hub_.timers.cancel(*this);
  hub_.timers.set(*this, deadline_after(std::chrono::steady_clock::now(), patience));
}

/// The time it was given is over. A process that does not even answer is hung.
void process_task::press_on() noexcept {
  if (pressed_ == pressure::cancelled) {
    press(pressure::asked, patience_for_an_answer);
    send_message(socket_.get(), {bytes_of(still_notice())}, {}, false);
  } else if (pressed_ == pressure::asked) {
    press(pressure::terminated, patience_after_sigterm);
    request_kill(task_->id, SIGTERM);
  } else {
    pressed_ = pressure::killed;
    request_kill(task_->id, SIGKILL);
  }
}

void process_task::hear() noexcept {
  // It has: somebody answers. The load says so to the memory model, which knows no other processes.
  while (!begun_.load(std::memory_order_acquire)) relax();
  message came;
  while (!gone_ && receive_message(socket_.get(), {hub_.room.get(), largest_message}, came)) {
    if (came.size == 0) return process_is_gone();
    try {
      take_notice(came);
    } catch (...) {
      if (trouble_ == nullptr) trouble_ = std::current_exception();
    }
    if (end_.process != 0) return process_is_gone();
    if (result_.how != outcome::pending) settle();
  }
}

void process_task::take_notice(message& came) {
  byte_view const all{hub_.room.get(), came.size};
  message_kind kind;
  std::memcpy(&kind, all.data(), sizeof kind);
  if (kind == message_kind::result) {
    std::memcpy(&result_, all.data(), sizeof result_);
    byte_view const rest = all.subspan(sizeof result_);
    std::size_t const attached = std::min<std::size_t>(result_.attached, message::most_attached);
    for (std::size_t i = 0; i < attached; ++i) attached_.push_back(std::move(came.descriptors[i]));
    if (result_.in_file != 0) file_ = std::move(came.descriptors[attached]);
    packed_.assign(rest.begin(), rest.end());
  } else if (kind == message_kind::still) {
    still_notice answer;
    std::memcpy(&answer, all.data(), sizeof answer);
    if (pressed_ != pressure::asked) return;
    if (answer.cancelled != 0) return press_on();
    pressed_ = pressure::none;  // it has taken the cancel back
    hub_.timers.cancel(*this);
  } else if (kind == message_kind::end) {
    std::memcpy(&end_, all.data(), sizeof end_);
  } else if (kind == message_kind::not_begun) {
    not_begun_notice notice;
    std::memcpy(&notice, all.data(), sizeof notice);
    throw std::system_error(notice.error, std::generic_category(),
                            "coir: no process for a task; raise `ulimit -u`, kernel.pid_max or "
                            "the cgroup's pids.max, or use fibers");
  }
}

void process_task::process_is_gone() noexcept {
  hub_.ignore(socket_.get());
  gone_ = true;
  settle();
  if (!task_) retire();
}

/// Whoever has claimed it for a cancel has yet to post it here: then it ends.
void process_task::settle() noexcept {
  settled_ = true;
  if (task_ && claim(*task_, wake_reason::fulfilled)) conclude();
}

/// Runs the end of the task, as if its function had just returned or thrown here.
void process_task::conclude() noexcept {
  hub_.timers.cancel(*this);
  task_record& task = *task_;
  ending_ = true;
  task.word.store(word::running, std::memory_order_release);
  task.timers = &hub_.timers;
  thread_state const before = std::exchange(this_thread, thread_state{&task, nullptr});
  runtime::live_on(task, [](task_record& self) { of(self).deliver(); });
  this_thread = before;
  task_ = {};
}

void process_task::retire() noexcept {
  std::atomic<std::uint32_t>* const left = &left_;
  delete this;
  left->fetch_sub(1, std::memory_order_release);  // with the last one the run may be gone
  futex_wake(left);
}

void process_task::deliver() {
  if (trouble_ != nullptr) std::rethrow_exception(trouble_);
  mapped_file const mapped(file_, file_ ? result_.packed : 0);
  input_archive packed(file_ ? byte_view(mapped.bytes()) : byte_view(packed_), attached_);
  switch (result_.how) {
    case outcome::pending: deliver_death();
    case outcome::finished: return task_->type().portable->carry_result(*task_, nullptr, &packed);
    case outcome::failed:
    case outcome::cancelled: std::rethrow_exception(unpack_exception(packed));
  }
}

void process_task::deliver_death() {
  std::string const name = name_of(*task_);
  bool const by_signal = end_.code == CLD_KILLED || end_.code == CLD_DUMPED;
  bool const by_us = pressed_ >= pressure::terminated &&
                     (!by_signal || end_.status == SIGTERM || end_.status == SIGKILL);
  if (by_us) {
    warn("task " + name + " has not ended within " + in_seconds(grace_) +
         " of its cancel (run_options::grace), and its process was ended by " +
         (pressed_ == pressure::killed ? "SIGKILL" : "SIGTERM"));
    cancel_reason reason;
    {
      std::lock_guard<spin_lock> const held(task_->lock);
      reason = task_->root.reason;
    }
    throw cancelled(std::move(reason));
  }
  if (end_.process == 0)
    throw worker_died("coir: the fork server has died, and with it the process of task " + name, 0,
                      SIGKILL, 0);
  std::string const process = "coir: process " + std::to_string(end_.process) + " of task " + name;
  if (by_signal)
    throw worker_died(process + " was killed by signal " + std::to_string(end_.status) + " (SIG" +
                          ::sigabbrev_np(end_.status) + ")",
                      end_.process, end_.status, 0);
  throw worker_died(
      process + " exited with code " + std::to_string(end_.status) + " before the task had ended",
      end_.process, 0, end_.status);
}

}  // namespace coir::detail
