// SPDX-License-Identifier: BSL-1.0
/// The table of workloads: what `coir compare` can run, on every model and on std's own threads.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace demos::compare {

struct sheet;

/// A text file to be counted, and what the straightforward count in shelf.cpp found in it.
struct book {
  std::string path;
  std::uint64_t bytes = 0;
  std::uint64_t words = 0;
};

/// What one cell is asked to do.
struct job {
  std::uint64_t tasks = 0;
  std::vector<book> books;  // for the workload `books` alone
};

/// A file that could not be read while the workload ran.
struct trouble {
  std::string path;
  std::string why;
};
template <class Archive>
void serialize(Archive& archive, trouble& value) {
  archive(value.path, value.why);
}

/// What a workload brings back: a number that is checked, and what went wrong on the way.
struct outcome {
  std::uint64_t value = 0;
  std::vector<trouble> troubles;
};
template <class Archive>
void serialize(Archive& archive, outcome& value) {  // a task that is a process brings it back
  archive(value.value, value.troubles);
}

/// One workload: the same program twice, once on coir and, if it is there, by hand on std::thread.
/// That on coir is one source for all models, in functions that share no memory (together.hpp).
struct workload {
  std::string_view name;
  std::string_view caption;          // one line for people; completes "sleepers: ..."
  std::vector<std::uint64_t> tasks;  // default task counts
  std::uint64_t multiple;            // a task count must be a multiple of this
  outcome (*on_coir)(job const&);    // runs inside coir::run, whatever the model
  outcome (*on_std)(job const&);     // std::thread, std::mutex, std::condition_variable; or null
  std::uint64_t (*expected)(job const&, outcome const&);  // the value, found another way
  std::string (*lesson)(sheet const&);                    // one sentence, computed from the figures
  bool by_default = true;                                 // run when none is named
  std::uint64_t most_processes = 1'000;                   // more tasks are not tried on processes
};

/// All workloads, in the order in which they are shown.
std::span<workload const> workloads();

/// The workload of that name, or nullptr.
workload const* find_workload(std::string_view name);

// One file each; workload.cpp gathers them.
extern workload const sleepers;
extern workload const books;
extern workload const ping_pong;
extern workload const cpu;
extern workload const crossing;
// Of tutorials.cpp.
extern workload const squares;
extern workload const breakfast;
extern workload const requests;
extern workload const blocking;
extern workload const producers;
extern workload const pipeline;
extern workload const chess;

}  // namespace demos::compare
