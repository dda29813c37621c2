// SPDX-License-Identifier: BSL-1.0
/// Starts a cell, watches it until it ends or its time is up, and says how it ended.
#include "launch.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "cell.hpp"
#include "child.hpp"
#include "measure.hpp"
#include "offspring.hpp"
#include "units.hpp"

namespace demos::compare {
namespace {

using clock = std::chrono::steady_clock;

constexpr int glance = 10;  // milliseconds between two looks at the page tables

// The kernel keeps the peak of resident memory but not of page tables, and these are gone when
// the threads that had them end: so they are watched from here.
std::int64_t page_tables_of(int process) {
  std::ifstream file(fmt::format("/proc/{}/status", process));
  return parse_sizes(std::string(std::istreambuf_iterator<char>(file), {})).page_tables;
}

// Waits for the end; true if it came in time. Notes the largest page tables seen, and what others use.
bool watch(child const& cell, clock::time_point deadline, interrupts& stop, std::int64_t& tables,
           offspring* others) {
  std::array<pollfd, 2> const ready = {{{cell.fd(), POLLIN, 0}, {stop.fd(), POLLIN, 0}}};
  while (clock::now() < deadline) {
    auto now = ready;
    ::poll(now.data(), now.size(), glance);
    if ((now[0].revents & POLLIN) != 0) return true;
    stop.check();
    tables = std::max(tables, page_tables_of(cell.id()));
    if (others != nullptr) others->look(cell.id());
  }
  return false;
}

repetition ended_badly(ending how, std::string why) {
  return {.how = how, .why = std::move(why), .measured = {}, .brought = {}};
}

repetition crash(child const& cell, int signal) {
  auto why = fmt::format("crashed: signal {} ({})", signal, ::strsignal(signal));
  if (signal == SIGKILL) why += "; not by us: perhaps for want of memory";
  if (auto const said = cell.errors(); !said.empty()) why += "\n" + said;
  return ended_badly(ending::crashed, why);
}

repetition result_of(child const& cell, int status, std::int64_t tables, figures const& by_others) {
  if (status != 0) {
    return ended_badly(ending::failed,
                       fmt::format("ended with exit code {}\n{}", status, cell.errors()));
  }
  auto reply = parse_answer(cell.output());
  auto const unseen = std::max<std::int64_t>(0, tables - reply.page_tables_after);
  auto& measured = reply.result.measured;
  measured.memory += unseen + by_others.memory;
  measured.cpu += by_others.cpu;
  measured.voluntary += by_others.voluntary;
  measured.involuntary += by_others.involuntary;
  return reply.result;
}

}  // namespace

repetition launch_cell(request const& asked, std::chrono::duration<double> limit,
                       interrupts& stop) {
  auto const deadline = clock::now() + std::chrono::duration_cast<clock::duration>(limit);
  std::optional<offspring> others;
  if (asked.model == "processes") others.emplace();
  child cell(cell_command, to_bytes(asked));
  std::int64_t tables = 0;
  bool const in_time = watch(cell, deadline, stop, tables, others ? &*others : nullptr);
  if (!in_time) cell.kill();

  auto const end = cell.reap();
  figures used;
  if (others) others->add_to(used);
  if (end.si_code == CLD_EXITED) return result_of(cell, end.si_status, tables, used);
  if (!in_time) return ended_badly(ending::stopped, "stopped at " + as_limit(limit.count()));
  return crash(cell, end.si_status);
}

}  // namespace demos::compare
