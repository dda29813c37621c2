// SPDX-License-Identifier: BSL-1.0
/// The list of pools, and what a dump says of them.

#include "pool/pool_list.hpp"

#include <mutex>

#include "pool/pool_core.hpp"

namespace coir::detail {
namespace {

constexpr std::size_t most_told = 20;  // of those who wait

/// Kept for good: a pool may end while the process does.
struct pool_list {
  std::mutex lock;  // comes before those of the pools
  list<pool_core, list_hook> all;
};

pool_list& pools() {
  static pool_list& made = *new pool_list;
  return made;
}

}  // namespace

void pool_core::enter_list() {
  std::lock_guard<std::mutex> const held(pools().lock);
  pools().all.push_back(*this);
}

void pool_core::leave_list() noexcept {
  std::lock_guard<std::mutex> const held(pools().lock);
  unlink();
}

std::string pool_core::describe() {
  std::lock_guard<std::mutex> const held(lock);
  if (running_.empty() && queue_.empty()) return {};
  std::string text = "process_pool " + (options_.name.empty() ? "pool" : options_.name) + ": " +
                     std::to_string(serving_) + " of " + std::to_string(most_) + " workers\n";
  auto const line = [&](pool_job& job, std::string const& does) {
    text += "- " + name_of(*job.task) + " #" + std::to_string(job.task->id) + " " + does + "\n";
  };
  running_.for_each([&](pool_job& job) { line(job, job.worker->describe()); });
  std::size_t told = 0;
  queue_.for_each([&](pool_job& job) {
    if (told++ < most_told) line(job, "waits for a worker");
  });
  if (told > most_told)
    text += "- " + std::to_string(told - most_told) + " more wait for a worker\n";
  return text;
}

std::string describe_pools() {
  std::string text;
  std::lock_guard<std::mutex> const held(pools().lock);
  pools().all.for_each([&](pool_core& each) { text += each.describe(); });
  return text;
}

}  // namespace coir::detail
