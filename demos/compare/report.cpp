// SPDX-License-Identifier: BSL-1.0
/// Figures as JSON.
#include "report.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "machine.hpp"
#include "owned_fd.hpp"

namespace demos::compare {
namespace {

// Not truncated yet: if the comparison is killed, the file still holds what it held.
owned_fd open_for_writing(std::string const& path) {
  owned_fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  if (file.get() >= 0) return file;
  throw usage_error(fmt::format("--json: cannot write '{}': {}; name a file in a folder of yours",
                                path, std::strerror(errno)));
}

bool write_all(int file, std::string_view text) {
  struct stat about {};
  if (::fstat(file, &about) == 0 && S_ISREG(about.st_mode) && ::ftruncate(file, 0) != 0) {
    return false;
  }
  while (!text.empty()) {
    auto const written = ::write(file, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

nlohmann::json about_machine() {
  auto const facts = this_machine();
  return {{"cores", facts.cores},
          {"kernel", facts.kernel},
          {"compiler", facts.compiler},
          {"coir", facts.coir},
          {"build_note", facts.build}};
}

}  // namespace

struct report::parts {
  std::string path;
  owned_fd file;
  nlohmann::json all;
};

report::report(wishes const& asked) : parts_(std::make_unique<parts>()) {
  parts_->path = asked.json_file;
  if (!asked.json_file.empty()) parts_->file = open_for_writing(asked.json_file);
  parts_->all = {{"machine", about_machine()},
                 {"limit_seconds", asked.limit},
                 {"repeat", asked.repeat},
                 {"complete", false},
                 {"cells", nlohmann::json::array()}};
}

report::~report() = default;

void report::add_books(std::span<book const> shelf) {
  auto& list = parts_->all["books"] = nlohmann::json::array();
  for (auto const& each : shelf) {
    list.push_back({{"path", each.path}, {"bytes", each.bytes}, {"words", each.words}});
  }
}

void report::add(workload const& what, std::string_view model, std::uint64_t tasks,
                 std::size_t round, repetition const& result) {
  nlohmann::json cell = {{"workload", what.name},
                         {"model", model},
                         {"tasks", tasks},
                         {"repetition", round + 1},
                         {"ending", name_of(result.how)}};
  if (result.how == ending::finished) {
    auto const& measured = result.measured;
    cell.update({{"wall_seconds", measured.wall},
                 {"cpu_seconds", measured.cpu},
                 {"memory_bytes", measured.memory},
                 {"voluntary_switches", measured.voluntary},
                 {"involuntary_switches", measured.involuntary},
                 {"result", result.brought.value}});
  } else {
    cell["why"] = result.why;
  }
  for (auto const& each : result.brought.troubles) {
    cell["unreadable"].push_back({{"path", each.path}, {"why", each.why}});
  }
  parts_->all["cells"].push_back(std::move(cell));
}

void report::finish() { parts_->all["complete"] = true; }

bool report::write() {
  if (parts_->file.get() < 0) return true;
  // A path need not be UTF-8, JSON must.
  auto const text =
      parts_->all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  if (write_all(parts_->file.get(), text)) return true;
  fmt::print(stderr, "coir compare: cannot write '{}': {}; the figures follow on standard output\n",
             parts_->path, std::strerror(errno));
  std::fwrite(text.data(), 1, text.size(), stdout);
  return false;
}

}  // namespace demos::compare
