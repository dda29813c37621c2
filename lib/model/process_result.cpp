// SPDX-License-Identifier: BSL-1.0
/// Taking results, and words for those that never came.

#include "model/process_result.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

#include <sys/wait.h>

#include <coir/model/processes.hpp>

#include "model/remote_exception.hpp"
#include "sys/memory_file.hpp"

namespace coir::detail {

void process_result::take(byte_view all, message& came) {
  std::memcpy(&notice_, all.data(), sizeof notice_);
  byte_view const rest = all.subspan(sizeof notice_);
  std::size_t const attached = std::min<std::size_t>(notice_.attached, message::most_attached);
  for (std::size_t i = 0; i < attached; ++i) attached_.push_back(std::move(came.descriptors[i]));
  if (notice_.in_file != 0) file_ = std::move(came.descriptors[attached]);
  packed_.assign(rest.begin(), rest.end());
}

void process_result::take(outcome how, byte_view packed) {
  packed_.assign(packed.begin(), packed.end());
  notice_.how = how;
}

std::exception_ptr process_result::error() {
  if (notice_.how == outcome::finished) return nullptr;
  mapped_file const mapped(file_, file_ ? notice_.packed : 0);
  input_archive packed(file_ ? byte_view(mapped.bytes()) : byte_view(packed_), attached_);
  return unpack_exception(packed);
}

void process_result::deliver(task_record& task, portable_task const& type) {
  if (std::exception_ptr const thrown = error()) std::rethrow_exception(thrown);
  mapped_file const mapped(file_, file_ ? notice_.packed : 0);
  input_archive packed(file_ ? byte_view(mapped.bytes()) : byte_view(packed_), attached_);
  type.carry_result(task, nullptr, &packed);
}

void throw_death(end_notice const& end, std::string const& task) {
  if (end.process == 0)
    throw worker_died("coir: the fork server has died, and with it the process of task " + task, 0,
                      SIGKILL, 0);
  std::string const process = "coir: process " + std::to_string(end.process) + " of task " + task;
  if (end.code == CLD_KILLED || end.code == CLD_DUMPED)
    throw worker_died(process + " was killed by signal " + std::to_string(end.status) + " (SIG" +
                          ::sigabbrev_np(end.status) + ")",
                      end.process, end.status, 0);
  throw worker_died(
      process + " exited with code " + std::to_string(end.status) + " before the task had ended",
      end.process, 0, end.status);
}

void throw_no_process(byte_view notice) {
  not_begun_notice why;
  std::memcpy(&why, notice.data(), std::min(notice.size(), sizeof why));
  throw std::system_error(why.error, std::generic_category(),
                          "coir: no process for a task; raise `ulimit -u`, kernel.pid_max or "
                          "the cgroup's pids.max, or use fibers");
}

}  // namespace coir::detail
