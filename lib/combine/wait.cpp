// SPDX-License-Identifier: BSL-1.0
/// Sorting tasks into those that have ended and those that have not.

#include <coir/combine/wait.hpp>

#include <stdexcept>

#include <coir/combine/completions.hpp>

namespace coir {
namespace detail {
namespace {

stop_at stop_for(return_when goal) noexcept {
  switch (goal) {
    case return_when::first_completed: return stop_at::one_ended;
    case return_when::first_exception: return stop_at::one_failed;
    case return_when::all_completed: break;
  }
  return stop_at::all_ended;
}

}  // namespace

waited wait_until(std::span<task_record* const> tasks, return_when goal, time_point deadline) {
  if (tasks.empty())
    throw std::invalid_argument("coir: wait() for no tasks would never end; give it at least one");

  completions ends;
  std::vector<std::size_t> places;  // by the number of the watch
  for (std::size_t place = 0; place < tasks.size(); ++place)
    if (ends.add_once(*tasks[place])) places.push_back(place);

  ends.await("wait", stop_for(goal), deadline);

  waited result;
  std::vector<bool> ended(places.size());
  while (auto const number = ends.take()) {
    result.done.push_back(places[*number]);
    ended[*number] = true;
  }
  for (std::size_t number = 0; number < places.size(); ++number)
    if (!ended[number]) result.pending.push_back(places[number]);
  return result;
}

}  // namespace detail

waited wait(std::initializer_list<any_task const*> tasks, return_when goal, time_point deadline) {
  std::vector<detail::task_record*> records;
  for (any_task const* const each : tasks) records.push_back(&each->record());
  return detail::wait_until(records, goal, deadline);
}

}  // namespace coir
