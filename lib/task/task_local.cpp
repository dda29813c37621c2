// SPDX-License-Identifier: BSL-1.0
/// Looking up and setting the running task's own values.

#include <coir/task/task_local.hpp>

#include <algorithm>
#include <atomic>

#include <coir/base/check.hpp>
#include <coir/cancel/scope.hpp>

namespace coir::detail {
namespace {

auto place_of(std::uint64_t key, local_values& in) noexcept {
  return std::find_if(in.values.begin(), in.values.end(),
                      [key](local_values::value const& each) { return each.key == key; });
}

/// A copy with room for one more.
locals_ref copy_of(locals_ref const& from) {
  auto copy = std::make_unique<local_values>();
  copy->values.reserve((from ? from->values.size() : 0) + 1);
  if (from) copy->values = from->values;
  return locals_ref(copy.release());
}

}  // namespace

std::uint64_t new_local_key() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

void const* find_local(std::uint64_t key) {
  locals_ref const& own = current_task_or_thread().locals;
  if (!own) return nullptr;
  auto const at = place_of(key, *own.get());
  return at != own->values.end() ? at->what.get() : nullptr;
}

std::shared_ptr<void const> exchange_local(std::uint64_t key, std::shared_ptr<void const> value) {
  locals_ref& own = current_task_or_thread().locals;
  // What others share is left to them as it is; this task goes on with a copy.
  locals_ref changed = own && own.is_only_one() ? own : copy_of(own);
  auto const at = place_of(key, *changed.get());
  if (at == changed->values.end()) {
    if (value != nullptr) changed->values.push_back({key, std::move(value)});
  } else if (value != nullptr) {
    at->what.swap(value);
  } else {
    value = std::move(at->what);
    changed->values.erase(at);
  }
  own = changed->values.empty() ? locals_ref() : std::move(changed);
  return value;
}

local_restorer::local_restorer(std::uint64_t key, std::shared_ptr<void const> value)
    : key_(key), task_(current_task_or_thread()), before_(exchange_local(key, std::move(value))) {
  ++task_.open_sets;
}

local_restorer::~local_restorer() {
  if (&task_ != &current_task_or_thread())
    die("a coir::scoped_set ended in another task than it began in");
  --task_.open_sets;
  // Copies if a task was spawned meanwhile: std::bad_alloc then ends the process.
  (void)exchange_local(key_, std::move(before_));
}

}  // namespace coir::detail
