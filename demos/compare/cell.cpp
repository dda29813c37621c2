// SPDX-License-Identifier: BSL-1.0
/// Runs one workload, once, on one model, and measures it.
#include "cell.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <coir/coir.hpp>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <new>
#include <stdexcept>
#include <system_error>

#include "limits.hpp"
#include "measure.hpp"
#include "models.hpp"
#include "protocol.hpp"

namespace demos::compare {
namespace {

// Ctrl-C is the parent's to answer; whoever ends the parent ends this process too.
bool tie_to_parent(int parent) {
  std::signal(SIGINT, SIG_IGN);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  return ::getppid() == parent;
}

outcome run_workload(request const& asked) {
  auto const* const what = find_workload(asked.workload);
  auto const on = std::ranges::find(models, asked.model, &model_entry::name);
  if (what == nullptr || on == models.end()) throw std::invalid_argument("no such cell");
  if (!on->model) return what->on_std(asked.work);
  // Ctrl-C is the comparison's to handle, and ends its cells.
  return coir::run(coir::run_options{.model = *on->model, .handle_sigint = false},
                   [&] { return what->on_coir(asked.work); });
}

// A model that has not enough of something is no failure of the comparison: it is a result.
bool is_shortage(std::error_code code) {
  return code == std::errc::resource_unavailable_try_again ||
         code == std::errc::not_enough_memory || code == std::errc::too_many_files_open;
}

repetition refused(std::string why) {
  return {.how = ending::refused, .why = std::move(why), .measured = {}, .brought = {}};
}

repetition failed(std::string why) {
  return {.how = ending::failed, .why = std::move(why), .measured = {}, .brought = {}};
}

repetition short_of_threads(std::system_error const& error, std::uint64_t tasks) {
  std::string_view const told = error.what();  // of processes coir says itself what to raise
  if (told.find("raise") != told.npos) return refused(error.what());
  return refused(fmt::format("{}; {}", error.what(), how_to_get_more_threads(tasks)));
}

// Says what ended the workload, as far as it is known.
repetition explain(std::exception_ptr what, std::uint64_t tasks) {
  try {
    std::rethrow_exception(what);
  } catch (coir::exception_group const& group) {
    auto const locks = group.get<coir::deadlock>();
    if (!locks.empty()) return refused(locks.front()->what());
    auto const shortages = group.get<std::system_error>();
    if (!shortages.empty()) return explain(std::make_exception_ptr(*shortages.front()), tasks);
    return failed(group.what());
  } catch (coir::deadlock const& error) {
    return refused(error.what());
  } catch (std::system_error const& error) {
    return is_shortage(error.code()) ? short_of_threads(error, tasks) : failed(error.what());
  } catch (std::bad_alloc const&) {
    return refused("out of memory");
  } catch (std::exception const& error) {
    return failed(error.what());
  } catch (...) {
    return failed("ended by something that is no std::exception, such as a cancel");
  }
}

answer measure(request const& asked) {
  answer reply;
  auto const before = look::before_work();
  try {
    reply.result.brought = run_workload(asked);
  } catch (...) {
    reply.result = explain(std::current_exception(), asked.work.tasks);
  }
  auto const after = look::after_work();
  reply.result.measured = between(before, after);
  reply.page_tables_after = after.memory.page_tables;
  return reply;
}

}  // namespace

int run_cell() try {
  auto const asked = parse_request({std::istreambuf_iterator<char>(std::cin), {}});
  if (!tie_to_parent(asked.parent)) return 1;
  std::cout << to_bytes(measure(asked)) << std::flush;
  return std::cout ? 0 : 1;
} catch (std::exception const& error) {
  fmt::print(stderr, "coir {}: {}; this command is for `coir compare` alone\n", cell_command,
             error.what());
  return 2;
}

}  // namespace demos::compare
