// SPDX-License-Identifier: BSL-1.0
/// Counts the words of text files; N tasks take the files from a queue.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <iterator>
#include <memory>
#include <mutex>
#include <span>

#include "crew.hpp"
#include "lesson.hpp"
#include "shelf.hpp"
#include "std_queue.hpp"
#include "together.hpp"
#include "units.hpp"
#include "workload.hpp"

namespace demos::compare {
namespace {

constexpr std::size_t chunk_size = 64 * 1024;  // bytes a task holds at a time

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Where the tasks leave what they found. The lock is never held across a wait, so std's will do.
class tally {
 public:
  // Counts one file through `chunk`; a file that cannot be read is noted and counts for nothing.
  void count(std::string const& path, char* chunk) try {
    words_ += words_of(path, chunk);
  } catch (unreadable const& error) {
    std::lock_guard const lock(mutex_);
    troubles_.push_back({path, error.what()});
  }

  outcome result() const { return {.value = words_, .troubles = troubles_}; }

 private:
  static std::uint64_t words_of(std::string const& path, char* chunk) {
    auto const file = open_book(path);
    std::uint64_t words = 0;
    bool outside = true;  // between words; kept from chunk to chunk
    while (auto const got = read_some(file.get(), chunk)) {
      for (char const c : std::span(chunk, got)) {
        bool const space = is_space(c);
        words += (outside && !space) ? 1 : 0;
        outside = space;
      }
    }
    return words;
  }

  static std::size_t read_some(int file, char* chunk) {
    for (;;) {
      auto const got = ::read(file, chunk, chunk_size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) throw unreadable::because(errno);
    }
  }

  std::atomic<std::uint64_t> words_ = 0;
  std::mutex mutex_;  // guards troubles_ while tasks run
  std::vector<trouble> troubles_;
};

/// Counts the files whose numbers come through the queue. What it finds goes back as its result.
outcome count_some(coir::queue<std::size_t> numbers, std::vector<std::string> const& paths) {
  tally found;
  auto const chunk = std::make_unique_for_overwrite<char[]>(chunk_size);
  for (std::size_t const number : numbers) found.count(paths[number], chunk.get());
  return found.result();
}

outcome on_coir(job const& work) {
  std::vector<std::string> paths;
  for (auto const& book : work.books) paths.push_back(book.path);
  // On `serial` a task runs to its end when it is spawned, so the numbers must be there before.
  coir::queue<std::size_t> numbers(paths.size());
  for (std::size_t number = 0; number < paths.size(); ++number) numbers.put(number);
  numbers.shutdown();

  std::vector<coir::task<outcome>> tasks;
  for (std::uint64_t i = 0; i < work.tasks; ++i)
    tasks.push_back(coir::spawn(count_some, numbers, paths));
  outcome all;
  for (auto& each : tasks) {
    outcome found = std::move(each).get();
    all.value += found.value;
    std::ranges::move(found.troubles, std::back_inserter(all.troubles));
  }
  return all;
}

outcome on_std(job const& work) {
  tally found;
  std_queue<std::string> paths(work.books.size());
  for (auto const& book : work.books) paths.put(book.path);
  paths.close();
  crew threads(work.tasks);
  for (std::uint64_t i = 0; i < work.tasks; ++i) {
    threads.spawn([&] {
      auto const chunk = std::make_unique_for_overwrite<char[]>(chunk_size);
      while (auto const path = paths.get()) found.count(*path, chunk.get());
    });
  }
  threads.join();
  return found.result();
}

// The straightforward count of every file that the workload could read.
std::uint64_t expected(job const& work, outcome const& brought) {
  std::uint64_t words = 0;
  for (auto const& book : work.books) {
    if (std::ranges::find(brought.troubles, book.path, &trouble::path) == brought.troubles.end()) {
      words += book.words;
    }
  }
  return words;
}

std::string lesson(sheet const& all) {
  auto const* const at = most_telling(all);
  if (at == nullptr) return "No model finished within the limit.";
  auto sentence = fmt::format("{} in {} by {}: {}", counted(total_words(all.work.books), "word"),
                              counted(all.work.books.size(), "file"), counted(at->tasks, "task"),
                              listed(*at, as_time));
  if (auto const* const serial = at->find("serial"); serial != nullptr && serial->median()) {
    auto const figures = *serial->median();
    sentence += fmt::format("; serial spent {:.0f} % of its time on the processor",
                            std::min(100.0, 100 * figures.cpu / figures.wall));
  }
  return sentence + '.';
}

}  // namespace

workload const books = {
    .name = "books",
    .caption = "tasks that take text files from a queue and count their words",
    .tasks = {1, 4, 16},
    .multiple = 1,
    .on_coir = on_coir,
    .on_std = on_std,
    .expected = expected,
    .lesson = lesson,
};

}  // namespace demos::compare
