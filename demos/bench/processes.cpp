// SPDX-License-Identifier: BSL-1.0
/// Processes, and what passes between two of them, beside what the system has for that.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/interprocess/ipc/message_queue.hpp>
#include <cerrno>
#include <coir/coir.hpp>
#include <csignal>
#include <cstring>
#include <new>
#include <string>
#include <system_error>

#include "row.hpp"

namespace demos::bench {
namespace {

constexpr coir::run_options on_processes{.model = coir::model::processes, .handle_sigint = false};

int checked(int result, char const* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

/// A process forked here, which ends when it returns, or with this.
class forked {
 public:
  template <class F>
  explicit forked(F&& life) : id_(checked(::fork(), "fork")) {
    if (id_ != 0) return;
    life();
    ::_exit(0);
  }
  forked(forked const&) = delete;
  ~forked() {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }

 private:
  pid_t const id_;
};

class pipe_of_bytes {
 public:
  pipe_of_bytes() {
    checked(::pipe(ends_), "pipe");
    constexpr int as_large_as_anybody_may = 1 << 20;
    ::fcntl(ends_[1], F_SETPIPE_SZ, as_large_as_anybody_may);
  }
  pipe_of_bytes(pipe_of_bytes const&) = delete;
  ~pipe_of_bytes() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  template <class T>
  void write(T const& item) const {
    if (::write(ends_[1], &item, sizeof item) != sizeof item) ::_exit(1);
  }
  template <class T>
  void read(T& into) const {
    for (std::size_t got = 0; got < sizeof into;) {
      ssize_t const some =
          ::read(ends_[0], reinterpret_cast<char*>(&into) + got, sizeof into - got);
      if (some <= 0) ::_exit(1);
      got += static_cast<std::size_t>(some);
    }
  }

 private:
  int ends_[2];
};

// ---- a process from beginning to end -------------------------------------------------------------

/// Memory that has been written to, page by page, as that of a program is.
class heap {
 public:
  heap()
      : begin_(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (begin_ == MAP_FAILED) throw std::bad_alloc();
    ::madvise(begin_, size, MADV_NOHUGEPAGE);
    std::memset(begin_, 1, size);
  }
  heap(heap const&) = delete;
  ~heap() { ::munmap(begin_, size); }

 private:
  static constexpr std::size_t size = 200'000'000;
  void* const begin_;
};

void do_nothing() {}

void coir_spawn(benchmark::State& state) {
  coir::prepare_processes();
  heap const of_the_parent;
  coir::run(on_processes, [&] {
    for (auto _ : state) coir::spawn(do_nothing).join();
  });
}

void fork_and_wait(benchmark::State& state) {
  for (auto _ : state) {
    pid_t const child = checked(::fork(), "fork");
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
  }
}

void fork_and_wait_in_a_big_one(benchmark::State& state) {
  heap const of_the_parent;
  fork_and_wait(state);
}

// ---- there and back ------------------------------------------------------------------------------

using shared_queue = coir::shared<coir::queue<std::uint64_t>>;

void echo(shared_queue there, shared_queue back) {
  for (std::uint64_t const each : there) back.put(each);
}

void coir_round_trip(benchmark::State& state) {
  coir::run(on_processes, [&] {
    shared_queue const there(1), back(1);
    auto const other = coir::spawn(echo, there, back);
    there.put(1);
    back.get();  // it lives
    for (auto _ : state) {
      there.put(1);
      benchmark::DoNotOptimize(back.get());
    }
    there.shutdown();
    other.join();
  });
}

void pipe_round_trip(benchmark::State& state) {
  pipe_of_bytes const there, back;
  std::uint64_t item = 1;
  forked const other([&] {
    for (;;) {
      there.read(item);
      back.write(item);
    }
  });
  for (auto _ : state) {
    there.write(item);
    back.read(item);
  }
}

// A task for a worker that waits for it, and its end.
void coir_pool(benchmark::State& state) {
  coir::run([&] {
    coir::process_pool pool({.workers = 1});
    pool.submit(do_nothing).join();  // the worker lives
    for (auto _ : state) pool.submit(do_nothing).join();
  });
}

// ---- a stream: the other puts as fast as it can --------------------------------------------------

template <class Item>
void pour(coir::shared<coir::queue<Item>> into) {
  Item const item{};
  try {
    for (;;) into.put(item);
  } catch (coir::queue_shut_down const&) {
  }
}

template <class Item, std::size_t Capacity>
void coir_stream(benchmark::State& state) {
  coir::run(on_processes, [&] {
    coir::shared<coir::queue<Item>> const items(Capacity);
    auto const other = coir::spawn(pour<Item>, items);
    benchmark::DoNotOptimize(items.get());
    for (auto _ : state) {
      Item const got = items.get();
      benchmark::DoNotOptimize(got);
    }
    items.shutdown();
    other.join();
  });
}

template <class Item>
void pipe_stream(benchmark::State& state) {
  pipe_of_bytes const items;
  Item item{};
  forked const other([&] {
    for (;;) items.write(item);
  });
  items.read(item);
  for (auto _ : state) {
    items.read(item);
    benchmark::DoNotOptimize(item);
  }
}

template <std::size_t Capacity>
void boost_stream(benchmark::State& state) {
  namespace ipc = boost::interprocess;
  std::string const name = "coir-bench-" + std::to_string(::getpid());
  std::uint64_t item = 0;
  ipc::message_queue items(ipc::create_only, name.c_str(), Capacity, sizeof item);
  ipc::message_queue::remove(name.c_str());  // who is forked has it
  forked const other([&] {
    for (;;) items.send(&item, sizeof item, 0);
  });
  ipc::message_queue::size_type size;
  unsigned priority;
  items.receive(&item, sizeof item, size, priority);
  for (auto _ : state) items.receive(&item, sizeof item, size, priority);
}

using buffer = std::array<std::byte, 64 * 1024>;

}  // namespace

std::vector<row> process_rows() {
  auto const made = [](std::string name, std::string what, measured on_coir,
                       std::vector<peer> peers) {
    return row{.name = std::move(name),
               .what = std::move(what),
               .unit = unit::microseconds,
               .on_coir = on_coir,
               .peers = std::move(peers),
               .once = true,
               .on_all_cores = true};
  };
  return {
      made("process/spawn", "a process, from one of 200 MB", coir_spawn,
           {{"fork + waitpid", fork_and_wait_in_a_big_one},
            {"the same in a small one", fork_and_wait}}),
      made("process/pool", "a task, in a pool's process", coir_pool, {{"pipes", pipe_round_trip}}),
      made("process/echo", "round trip to another process", coir_round_trip,
           {{"pipes", pipe_round_trip}}),
      made("process/stream", "8 bytes to another process", coir_stream<std::uint64_t, 1024>,
           {{"Boost.Interprocess", boost_stream<1024>}, {"pipe", pipe_stream<std::uint64_t>}}),
      made("process/buffers", "64 KiB to another process", coir_stream<buffer, 16>,
           {{"pipe", pipe_stream<buffer>}}),
  };
}

}  // namespace demos::bench
