// SPDX-License-Identifier: BSL-1.0
/// All of coir.

#pragma once

#include <coir/base/error.hpp>
#include <coir/base/warning.hpp>
#include <coir/bridge/loop_handle.hpp>
#include <coir/bridge/offload.hpp>
#include <coir/cancel/cancel_scope.hpp>
#include <coir/combine/as_completed.hpp>
#include <coir/combine/for_each.hpp>
#include <coir/combine/gather.hpp>
#include <coir/combine/gather_settled.hpp>
#include <coir/combine/outcome.hpp>
#include <coir/combine/race.hpp>
#include <coir/combine/select.hpp>
#include <coir/combine/staggered_race.hpp>
#include <coir/combine/wait.hpp>
#include <coir/inspect/inspect.hpp>
#include <coir/model/model.hpp>
#include <coir/model/processes.hpp>
#include <coir/model/remote_error.hpp>
#include <coir/model/task_info.hpp>
#include <coir/queue/lifo_queue.hpp>
#include <coir/queue/priority_queue.hpp>
#include <coir/queue/queue.hpp>
#include <coir/queue/rendezvous.hpp>
#include <coir/sync/barrier.hpp>
#include <coir/sync/capacity_limiter.hpp>
#include <coir/sync/condition_variable.hpp>
#include <coir/sync/event.hpp>
#include <coir/sync/mutex.hpp>
#include <coir/sync/semaphore.hpp>
#include <coir/sync/shared_mutex.hpp>
#include <coir/task/exception_group.hpp>
#include <coir/task/generator.hpp>
#include <coir/task/group.hpp>
#include <coir/task/promise.hpp>
#include <coir/task/sleep.hpp>
#include <coir/task/spawn.hpp>
#include <coir/task/task.hpp>
#include <coir/task/task_local.hpp>
#include <coir/task/task_status.hpp>
#include <coir/task/this_task.hpp>
#include <coir/task/timeout.hpp>
#include <coir/time/clock.hpp>
