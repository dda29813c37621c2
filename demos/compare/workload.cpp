// SPDX-License-Identifier: BSL-1.0
/// Gathers the workloads in the order in which they are shown.
#include "workload.hpp"

#include <algorithm>

namespace demos::compare {

std::span<workload const> workloads() {
  static std::vector<workload> const all = {sleepers, books,     ping_pong, cpu,
                                            crossing, squares,   breakfast, requests,
                                            blocking, producers, pipeline,  chess};
  return all;
}

workload const* find_workload(std::string_view name) {
  auto const all = workloads();
  auto const found = std::ranges::find(all, name, &workload::name);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace demos::compare
