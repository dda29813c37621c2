// SPDX-License-Identifier: BSL-1.0
/// Asking for a process, hearing from it, ending it.

#include "model/process_task.hpp"

#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <coir/base/relax.hpp>
#include <coir/base/warning.hpp>
#include <coir/model/portable_task.hpp>
#include <coir/sys/futex.hpp>

#include "model/fork_server.hpp"
#include "model/packer.hpp"
#include "model/runtime.hpp"
#include "model/watch.hpp"
#include "wait/parker.hpp"
#include "wait/ready_queue.hpp"

namespace coir::detail {
namespace {

constexpr std::size_t longest_name = 1000;

std::string in_seconds(std::chrono::nanoseconds span) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(span).count()) +
         " ms";
}

}  // namespace

process_task::process_task(task_record& task, std::chrono::nanoseconds grace, descriptor socket,
                           std::atomic<std::uint32_t>& left)
    : hub_(process_hub::for_caller()),
      task_(&task),
      grace_(grace),
      socket_(std::move(socket)),
      cancel_(hub_, socket_.get(), task.id, grace),
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
  if (fresh.observed) fresh.run->watching()->is_sent(fresh);

  try {
    self.request(theirs.get(), packed);
  } catch (...) {
    self.trouble_ = std::current_exception();  // the hub hears of it once `theirs` is gone
    self.begun_.store(true, std::memory_order_release);
  }
  // Parked before this look, as every wait is: no cancel falls between.
  if (fresh.interrupted.load(std::memory_order_seq_cst) && claim(fresh, wake_reason::cancelled))
    coir::detail::wake(fresh);
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

void process_task::look() noexcept {
  task_->word.store(word::parked, std::memory_order_seq_cst);  // the next cancel claims it anew
  if (settled_) {
    settle();
    if (gone_ && task_ == nullptr) retire();
    return;
  }
  cancel_reason reason;
  {
    std::lock_guard<spin_lock> const held(task_->lock);
    reason = task_->root.reason;
  }
  cancel_.request(task_->id, reason);
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
    if (result_.is_there()) settle();
  }
}

void process_task::take_notice(message& came) {
  byte_view const all{hub_.room.get(), came.size};
  message_kind kind;
  std::memcpy(&kind, all.data(), sizeof kind);
  if (kind == message_kind::result) {
    result_.take(all, came);
  } else if (kind == message_kind::still) {
    cancel_.hear(all);
  } else if (kind == message_kind::end) {
    std::memcpy(&end_, all.data(), sizeof end_);
  } else if (kind == message_kind::not_begun) {
    throw_no_process(all);
  }
}

void process_task::process_is_gone() noexcept {
  hub_.ignore(socket_.get());
  gone_ = true;
  settle();
  if (task_ == nullptr) retire();
}

/// Whoever has claimed it for a cancel has yet to post it here: then it ends.
void process_task::settle() noexcept {
  settled_ = true;
  if (task_ != nullptr && claim(*task_, wake_reason::fulfilled)) conclude();
}

/// Runs the end of the task, as if its function had just returned or thrown here.
void process_task::conclude() noexcept {
  task_record& task = *task_;
  ending_ = true;
  task.word.store(word::running, std::memory_order_release);
  task.timers = &hub_.timers;
  thread_state const before = std::exchange(this_thread, thread_state{&task, nullptr});
  runtime::live_on(task, [](task_record& self) { static_cast<process_task&>(of(self)).deliver(); });
  this_thread = before;
  task_ = nullptr;
}

void process_task::retire() noexcept {
  std::atomic<std::uint32_t>* const left = &left_;
  delete this;
  left->fetch_sub(1, std::memory_order_release);  // with the last one the run may be gone
  futex_wake(left);
}

void process_task::deliver() {
  // Nothing more is done to a process that has sent its result. One that has not was perhaps ended by us.
  int const ended_by = cancel_.explains(end_) ? cancel_.signal_sent() : 0;
  cancel_.lift();
  if (trouble_ != nullptr) std::rethrow_exception(trouble_);
  if (result_.is_there()) return result_.deliver(*task_, *task_->type().portable);
  if (ended_by != 0) deliver_force(ended_by);
  throw_death(end_, name_of(*task_));
}

void process_task::deliver_force(int signal) {
  warn("task " + name_of(*task_) + " has not ended within " + in_seconds(grace_) +
       " of its cancel (run_options::grace), and its process was ended by SIG" +
       ::sigabbrev_np(signal));
  cancel_reason reason;
  {
    std::lock_guard<spin_lock> const held(task_->lock);
    reason = task_->root.reason;
  }
  throw cancelled(std::move(reason));
}

}  // namespace coir::detail
