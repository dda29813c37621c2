// SPDX-License-Identifier: BSL-1.0
/// producers: some put elements into a queue, others take them out; when all is done, those are cancelled.
#include <CLI/CLI.hpp>
#include <map>
#include <mutex>
#include <vector>

#include "demo/demo.hpp"
#include "demo/python_random.hpp"
#include "demo/stage.hpp"

namespace demos {
namespace {

int producers = 5;
int consumers = 10;

struct element {
  std::string name;
  stopwatch age;
};

/// Who put and who got what: how often each element has passed.
struct ledger {
  coir::mutex mutex;
  std::map<std::string, int> put, got;

  void note(std::map<std::string, int>& in, std::string const& name) {
    std::scoped_lock lock(mutex);
    ++in[name];
  }
};

std::string make_element() {
  std::string name;
  for (int byte = 0; byte < 5; ++byte) name += fmt::format("{:02x}", random_between(0, 255));
  return name;
}

void sleep_a_while(std::string const& who) {
  int const pause = random_between(0, 10);
  say("{} sleeping for {} seconds.", who, pause);
  coir::sleep_for(seconds(pause));
}

void produce(int number, coir::queue<element> queue, ledger& book) {
  std::string const me = fmt::format("Producer {}", number);
  for (int left = random_between(0, 10); left > 0; --left) {
    sleep_a_while(me);
    element made{make_element(), {}};
    book.note(book.put, made.name);
    std::string const name = made.name;
    queue.put(std::move(made));
    say("{} added <{}> to queue.", me, name);
  }
}

void consume(int number, coir::queue<element> queue, ledger& book) {
  std::string const me = fmt::format("Consumer {}", number);
  for (;;) {
    sleep_a_while(me);
    element const got = queue.get();
    say("{} got element <{}> in {:0.5f} seconds.", me, got.name, got.age.seconds());
    book.note(book.got, got.name);
    queue.task_done();
  }
}

std::string play() {
  stopwatch watch;
  ledger book;
  coir::queue<element> queue;
  int cancelled = 0;
  {
    std::vector<coir::task<>> producing, consuming;
    for (int n = 0; n < producers; ++n)
      producing.push_back(coir::spawn(produce, n, queue, std::ref(book)));
    for (int n = 0; n < consumers; ++n)
      consuming.push_back(coir::spawn(consume, n, queue, std::ref(book)));
    coir::gather(producing);
    queue.join();  // until each element has been taken and worked on
    for (auto const& each : consuming) each.cancel();
    coir::wait(consuming);
    for (auto const& each : consuming) cancelled += each.cancelled() ? 1 : 0;
  }
  say("Program completed in {:.5f} seconds.", watch.seconds());
  return fmt::format("{} elements put, {}; {} consumers ended by cancel: {:.3f} s", book.put.size(),
                     book.put == book.got ? "each got exactly once" : "NOT each got exactly once",
                     cancelled, watch.seconds());
}

}  // namespace

demo const producers_demo{.name = "producers",
                          .chapter = "Sharing",
                          .summary = "producers and consumers over a queue, join, then cancel",
                          .play = play,
                          .on_serial = false,
                          .unit = "20ms",
                          .add_options = [](CLI::App& command) {
                            command.add_option("-p,--producers", producers, "How many produce")
                                ->check(CLI::Range(0, 10'000))
                                ->capture_default_str();
                            command.add_option("-c,--consumers", consumers, "How many consume")
                                ->check(CLI::Range(1, 10'000))
                                ->capture_default_str();
                          }};

}  // namespace demos
