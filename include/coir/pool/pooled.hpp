// SPDX-License-Identifier: BSL-1.0
/// What goes to a pool, and how one task of it is to run.

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <coir/base/config.hpp>
#include <coir/task/bound_call.hpp>
#include <coir/task/portable_call.hpp>
#include <coir/task/task_state.hpp>

namespace coir {

/// How one task is submitted.
struct submit_options {
  std::string name = {};              ///< in messages; empty: "task-ID"
  std::chrono::nanoseconds limit{0};  ///< how long it may run in real time, from when a worker gets
                                      ///< it: then it is cancelled, and fails with timeout_error;
                                      ///< zero: no limit
};

namespace detail {

class pool_core;
struct packed_call;

/// The record of a call as a task that runs in a pool.
template <class Call, class... Parts>
record_ref<task_state<Call>> make_pooled(Parts&&... parts) {
  return record_ref<task_state<Call>>(new task_state<Call>(
      type_of_spawned<Call>, birth{task_kind::pooled, 0}, std::forward<Parts>(parts)...));
}

/// Packs the call of a task that has not begun, and destroys the call.
///   Throws: std::invalid_argument if it cannot be carried (P1); what packing an argument throws.
COIR_EXPORT std::shared_ptr<packed_call const> pack_call(task_record& unbegun);

/// Does so, and enters the task into the pool.
///   Throws: as process_pool::submit().
COIR_EXPORT void submit_to(pool_core& pool, task_record& fresh, submit_options const& options);

/// Refuses what cannot be carried, before any of it is submitted.
///   Throws: std::invalid_argument.
COIR_EXPORT void require_portable(refusal const& refused);

}  // namespace detail
}  // namespace coir
