// SPDX-License-Identifier: BSL-1.0
/// Steps as lines.

#include <coir/inspect/trace_log.hpp>

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace coir {

using guard = std::lock_guard<std::mutex>;

struct trace_log::book {
  std::string const& label(std::uint64_t id, std::string const* name);

  std::mutex lock;  // guards the rest
  std::vector<std::string> lines;
  std::unordered_map<std::uint64_t, std::string> labels;  // by id: "loader #2"
};

trace_log::trace_log() : book_(std::make_unique<book>()) {}
trace_log::~trace_log() = default;

void trace_log::on_event(trace_event const& event) {
  std::string const name = event.name();  // as it is now: it may be renamed
  guard const held(book_->lock);
  std::string const self = book_->label(event.task, &name);
  std::string const about(event.about);
  std::string line;
  switch (event.what) {
    case trace_point::spawned:
      line = event.by != 0 ? book_->label(event.by, nullptr) + " spawns " + self
                           : self + " is spawned";
      break;
    case trace_point::begun: line = self + " begins"; break;
    case trace_point::parked: line = self + " parks in " + about; break;
    case trace_point::woken:
      line = (event.by != 0 ? book_->label(event.by, nullptr) + " wakes " + self
                            : self + " is woken") +
             ": " + about;
      break;
    case trace_point::resumed: line = self + " goes on"; break;
    case trace_point::yielded: line = self + " yields"; break;
    case trace_point::ended: line = self + " ends: " + about; break;
  }
  book_->lines.push_back(std::move(line));
}

/// What a task is called here. A task of another run, of which only the number is known, is no more than
/// that.
std::string const& trace_log::book::label(std::uint64_t id, std::string const* name) {
  auto const [at, fresh] = labels.try_emplace(id);
  if (fresh) {
    bool const has_name = name != nullptr && *name != "task-" + std::to_string(id);
    at->second = (has_name ? *name : "task") + " #" + std::to_string(labels.size());
  }
  return at->second;
}

std::vector<std::string> trace_log::lines() const {
  guard const held(book_->lock);
  return book_->lines;
}

std::string trace_log::text() const {
  guard const held(book_->lock);
  std::string all;
  for (std::string const& line : book_->lines) all.append(line).append("\n");
  return all;
}

void trace_log::clear() {
  guard const held(book_->lock);
  book_->lines.clear();
  book_->labels.clear();
}

}  // namespace coir
