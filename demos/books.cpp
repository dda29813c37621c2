// SPDX-License-Identifier: BSL-1.0
/// books: reads two large text files many times, whole and line by line, one after the other and as tasks.
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "demo/demo.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

int times = 100;
std::vector<std::string> files;

std::size_t read_whole(std::string const& path) {
  coir::this_task::checkpoint();
  std::ifstream book(path, std::ios::binary);
  std::string text(std::filesystem::file_size(path), '\0');
  book.read(text.data(), static_cast<std::streamsize>(text.size()));
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

std::size_t read_line_by_line(std::string const& path) {
  std::ifstream book(path);
  std::string line;
  std::size_t lines = 0;
  while (std::getline(book, line)) {
    coir::this_task::checkpoint();  // each line may be the last: a cancel gets in here
    ++lines;
  }
  return lines;
}

using reader = std::size_t (*)(std::string const&);

std::size_t one_after_the_other(reader read) {
  std::size_t lines = 0;
  for (int time = 0; time < times; ++time)
    for (auto const& file : files) lines += read(file);
  return lines;
}

std::size_t as_tasks(reader read) {
  std::vector<coir::task<std::size_t>> readings;
  for (int time = 0; time < times; ++time)
    for (auto const& file : files) readings.push_back(coir::spawn(read, std::cref(file)));
  std::size_t lines = 0;
  for (std::size_t each : coir::gather(readings)) lines += each;
  return lines;
}

struct reading {
  double seconds;  // real ones
  std::size_t lines;
};

reading measured(coir::model model, reader read, std::size_t (*how)(reader)) {
  auto const began = std::chrono::steady_clock::now();
  std::size_t const lines = coir::run({.model = model}, [&] { return how(read); });
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(), lines};
}

/// Two books of a few megabytes, gone with the demo.
class shelf {
 public:
  shelf() {
    std::string room = std::filesystem::temp_directory_path() / "coir-books-XXXXXX";
    if (::mkdtemp(room.data()) == nullptr) throw std::runtime_error("cannot make " + room);
    room_ = room;
    for (auto const* name : {"/one.txt", "/two.txt"}) {
      std::ofstream book(room_ + name);
      for (int line = 0; line < 20'000; ++line)
        book << "A line of a long book, and its number: " << line << '\n';
      files.push_back(room_ + name);
    }
  }
  shelf(shelf const&) = delete;
  shelf& operator=(shelf const&) = delete;
  ~shelf() { std::filesystem::remove_all(room_); }

 private:
  std::string room_;
};

std::string play() {
  std::optional<shelf> own;
  if (files.empty()) own.emplace();

  std::string seen;
  say("{:14}{:>14}{:>14}{:>14}{:>14}", "seconds", "serial", "fibers", "boost_fibers", "threads");
  for (auto const& [how, read] :
       {std::pair<char const*, reader>{"whole", read_whole}, {"line by line", read_line_by_line}}) {
    reading const serial = measured(coir::model::serial, read, one_after_the_other);
    std::string line = fmt::format("{:14}{:>14.3f}", how, serial.seconds);
    double on_fibers = 0;
    for (auto const model :
         {coir::model::fibers, coir::model::boost_fibers, coir::model::threads}) {
      if (!coir::is_available(model)) {
        line += fmt::format("{:>14}", "-");
        continue;
      }
      reading const tasks = measured(model, read, as_tasks);
      if (tasks.lines != serial.lines)
        throw std::logic_error("the models have counted different lines");
      if (model == coir::model::fibers) on_fibers = tasks.seconds;
      line += fmt::format("{:>14.3f}", tasks.seconds);
    }
    say("{}", line);
    seen = fmt::format("{} lines read {} in {:.3f} s, as tasks on fibers in {:.2f} times that",
                       serial.lines, how, serial.seconds, on_fibers / serial.seconds);
  }
  return seen;
}

}  // namespace

demo const books_demo{
    .name = "books",
    .chapter = "Work",
    .summary = "two large files read many times, whole and line by line, on every model",
    .play = play,
    .runs_itself = true,
    .add_options = [](CLI::App& command) {
      command.add_option("--times", times, "How often each file is read")
          ->check(CLI::Range(1, 400))
          ->capture_default_str();
      command.add_option("--file", files, "Text files to read instead")->check(CLI::ExistingFile);
    }};

}  // namespace demos
