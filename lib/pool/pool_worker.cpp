// SPDX-License-Identifier: BSL-1.0
/// Beginning a worker, talking to it, burying it.

#include "pool/pool_worker.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include <coir/time/deadline.hpp>

#include "model/fork_server.hpp"
#include "model/runtime.hpp"
#include "pool/pool_core.hpp"

namespace coir::detail {
namespace {

using guard = std::lock_guard<std::mutex>;

constexpr std::size_t longest_name = 1000;

/// How many workers may die before they have begun a job, until it counts as what they die of.
constexpr unsigned most_lost = 3;

std::string how_it_died(end_notice const& end) {
  try {
    throw_death(end, "initializer");
  } catch (std::exception const& e) {
    return e.what();
  }
}

}  // namespace

pool_worker::pool_worker(pool_core& pool, descriptor socket, descriptor requests)
    : pool_(pool.shared_from_this()),
      number_(next_task_id()),
      socket_(std::move(socket)),
      requests_(std::move(requests)),
      lane_(std::make_shared<pool_lane>(pool_, *this)),
      cancel_(pool.hub(), socket_.get(), number_, pool.options().grace),
      limit_(*this) {}

pool_worker& pool_worker::begin(pool_core& pool, std::string const& name) {
  auto [ours, theirs] = socket_pair();
  auto [requests, jobs] = socket_pair();
  struct deleter {
    void operator()(pool_worker* gone) const noexcept { delete gone; }
  };
  std::unique_ptr<pool_worker, deleter> made(
      new pool_worker(pool, std::move(ours), std::move(requests)));
  pool.hub().attend(made->socket_.get(), *made);
  pool_worker& self = *made.release();  // until it has heard of its end

  fork_request request;
  request.name_size = static_cast<std::uint32_t>(name.size());
  request.task = self.number_;
  request.grace = pool.options().grace.count();
  request.attached = 2;
  try {
    request_fork(request, name, {}, std::array{theirs.get(), jobs.get(), self.lane_->file()});
  } catch (...) {
    self.trouble_ = std::current_exception();  // the hub hears of it, for `theirs` goes
    self.state = worker_state::leaving;
    return self;
  }
  self.lane_->close_file();
  if (packed_call const* const initializer = pool.initializer()) {
    self.state = worker_state::initialising;
    self.lane_->begin_call(/*by_hub=*/true);
    (void)self.send(*initializer, self.number_, name);  // if it is dead, the hub hears of that
  }
  return self;
}

int pool_worker::send(packed_call const& call, std::uint64_t task, std::string_view name,
                      int bell) noexcept {
  packer const& packed = call.packed;
  fork_request request;
  request.kind = message_kind::call;
  request.name_size = static_cast<std::uint32_t>(name.size());
  request.task = task;
  request.type = &call.type;
  request.grace = pool_->options().grace.count();
  request.packed = packed.size();
  request.attached = static_cast<std::uint32_t>(packed.attached());
  request.in_file = packed.file() ? 1 : 0;
  request.with_bell = bell >= 0 ? 1 : 0;
  // It has taken out the one before, so there is room.
  return send_message(requests_.get(),
                      {bytes_of(request), std::as_bytes(std::span(name)), packed.memory()},
                      packer::cargo(packed, bell), /*wait=*/false);
}

bool pool_worker::take(pool_job& job) {
  std::uint32_t const call =
      lane_->begin_call(/*by_hub=*/job.limit > std::chrono::nanoseconds::zero());
  {
    std::lock_guard<spin_lock> const held(job.task->lock);
    job.at = {lane_, call};
  }
  auto const [run, bell] = pool_->caller();
  bool const is_new = run != 0 && lane_->bell_of.load(std::memory_order_relaxed) != run;
  int const error =
      send(*job.call, job.task->id, name_of(*job.task).substr(0, longest_name), is_new ? bell : -1);
  if (error == 0 && is_new) lane_->bell_of.store(run, std::memory_order_relaxed);
  if (error == EPIPE || error == ECONNRESET) {
    pool_->discharge(*this);
    return false;
  }
  if (error != 0) {
    pool_->fail(job, std::make_exception_ptr(std::system_error(
                         error, std::generic_category(), "coir: a pool's worker got no task")));
    pool_->release(*this);
    return true;
  }
  state = worker_state::busy;
  current = &job;
  ++taken;
  job.state = job_state::running;
  job.worker = this;
  if (job.limit > std::chrono::nanoseconds::zero()) pool_->ring();
  return true;
}

void pool_worker::retire() noexcept {
  pool_->discharge(*this);
  requests_ = descriptor();
}

void pool_worker::cancel_current(cancel_reason const& reason) noexcept {
  cancel_.request(current->task->id, reason);
}

void pool_worker::cancel_initializer() noexcept {
  cancel_.request(number_, cancel_reason(cancel_cause::shutdown));
}

void pool_worker::mind_limit() noexcept {
  if (current == nullptr || current->limit <= std::chrono::nanoseconds::zero() || limit_.is_set() ||
      current->out_of_time)
    return;
  pool_->hub().timers.set(limit_, deadline_after(std::chrono::steady_clock::now(), current->limit));
}

std::string pool_worker::describe() const {
  std::int32_t const process = lane_->process();
  if (process == 0) return "goes to a worker that is about to begin";
  return (lane_->has_begun() ? "runs in process " : "goes to process ") + std::to_string(process);
}

void pool_worker::limit_has_come() noexcept {
  guard const held(pool_->lock);
  if (current == nullptr) return;
  current->out_of_time = true;
  cancel_current(cancel_reason(cancel_cause::deadline));
}

/// One message at a time: epoll tells of the next one.
void pool_worker::hear() noexcept {
  process_hub& hub = pool_->hub();
  message came;
  if (!receive_message(socket_.get(), {hub.room.get(), largest_message}, came)) return;
  byte_view const all{hub.room.get(), came.size};
  message_kind kind;
  if (all.size() < sizeof kind) return is_gone();
  std::memcpy(&kind, all.data(), sizeof kind);
  if (kind == message_kind::result) {
    take_result(all, came);
  } else if (kind == message_kind::still) {
    cancel_.hear(all);
  } else if (kind == message_kind::end) {
    std::memcpy(&end_, all.data(), sizeof end_);
    is_gone();
  } else if (kind == message_kind::not_begun) {
    try {
      throw_no_process(all);
    } catch (...) {
      trouble_ = std::current_exception();
    }
    is_gone();
  }
}

void pool_worker::take_result(byte_view all, message& came) noexcept {
  pool_->hub().timers.cancel(limit_);
  cancel_.lift();
  process_result result;
  std::exception_ptr trouble;  // what it has thrown there, or why that is not known
  try {
    result.take(all, came);
    trouble = result.error();
  } catch (...) {
    trouble = std::current_exception();
  }
  pool_job* ended = nullptr;
  {
    guard const held(pool_->lock);
    if (state == worker_state::initialising) {
      pool_->initialised(*this, trouble);
    } else if (current != nullptr) {
      ended = &end_job(std::move(result), std::move(trouble));
      pool_->release(*this);
    }
    pool_->distribute();  // first, so that the worker goes on while we do
    if (ended != nullptr && !ended->settle()) ended = nullptr;
  }
  if (ended != nullptr) ended->conclude();
}

/// Its job is over.
pool_job& pool_worker::end_job(process_result&& result, std::exception_ptr&& trouble) noexcept {
  pool_job& ended = *std::exchange(current, nullptr);
  ended.state = job_state::over;
  ended.result = std::move(result);
  ended.trouble = std::move(trouble);
  ended.unlink();
  return ended;
}

/// Nothing is set for it that only the hub may touch: whoever sets that has called it in before.
pool_job* pool_worker::take_answer() noexcept {
  if (current == nullptr || !lane_->is_answered()) return nullptr;
  process_result result;
  std::exception_ptr trouble;
  try {
    result.take(lane_->how(), lane_->answer());
  } catch (...) {
    trouble = std::current_exception();
  }
  pool_job& ended = end_job(std::move(result), std::move(trouble));
  if (state == worker_state::busy) pool_->release(*this);
  return &ended;
}

void pool_lane::collect() noexcept {
  pool_job* ended = nullptr;
  {
    guard const held(pool_->lock);
    if (worker != nullptr) ended = worker->take_answer();
    if (ended == nullptr) return;
    pool_->distribute();
    if (!ended->settle()) return;
  }
  ended->conclude();
}

bool pool_lane::is_wanted() const noexcept { return pool_->has_too_few_workers(); }

/// Its descriptors are closed before the pool forgets it, and may end for that.
void pool_worker::is_gone() noexcept {
  process_hub& hub = pool_->hub();
  hub.ignore(socket_.get());
  hub.timers.cancel(limit_);
  bool const by_force = cancel_.explains(end_);
  cancel_.lift();
  pool_job* ended = nullptr;
  {
    guard const held(pool_->lock);
    bool const was_initialising = state == worker_state::initialising;
    pool_->discharge(*this);
    socket_ = descriptor();
    requests_ = descriptor();
    pool_->forget_worker();
    lane_->worker = nullptr;
    if (trouble_ != nullptr && current == nullptr) {
      pool_->refuse_worker(trouble_);
    } else if (was_initialising) {
      pool_->break_down(how_it_died(end_));
    } else if (!call_in() && current != nullptr) {
      ended = take_answer();
    } else if (current != nullptr) {
      pool_job& job = *std::exchange(current, nullptr);
      bool const never_began = trouble_ != nullptr || !lane_->has_begun();
      if (never_began && !job.is_cancelled() && job.lost < most_lost) {
        ++job.lost;
        pool_->put_back(job);
      } else {
        job.state = job_state::over;
        job.end = end_;
        job.trouble = trouble_;
        job.by_force = by_force || (never_began && job.is_cancelled());
        job.unlink();
        ended = &job;
      }
    }
    pool_->distribute();
    if (ended != nullptr && !ended->settle()) ended = nullptr;
  }
  if (ended != nullptr) ended->conclude();
  pool_->tell_if_ended();
  delete this;
}

}  // namespace coir::detail
