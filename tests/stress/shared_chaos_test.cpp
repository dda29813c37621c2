// SPDX-License-Identifier: BSL-1.0
/// Processes that share a queue are killed, at random moments and at each step: nobody hangs, and no item is
/// lost or doubled; where items are acknowledged, none is lost even with who had got it.
/// COIR_CHAOS_ROUNDS says how many rounds; the failing round's seed is printed.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>

#include <coir/base/config.hpp>
#include <coir/model/model.hpp>
#include <coir/queue/queue.hpp>
#include <coir/shared/shared_queue.hpp>
#include <coir/task/group.hpp>

#include "contract/descriptors.hpp"
#include "shared/child.hpp"
#include "shared/steps.hpp"

#if COIR_TSAN
char const* __tsan_default_options() { return "die_after_fork=0"; }
#endif

namespace {

using namespace std::chrono_literals;
using coir::detail::step;

// Items that go through the ring themselves, and items that lie in blocks.
std::uint64_t as_number(std::uint64_t item) { return item; }
std::uint64_t as_number(std::string const& item) { return std::stoull(item); }
template <class Item>
Item item_of(std::uint64_t number) {
  if constexpr (std::is_same_v<Item, std::string>) {
    return std::to_string(number) + std::string(number % 500, 'x');
  } else {
    return number;
  }
}

constexpr std::size_t most_items = 512;

/// What the processes of a round have seen, in memory that outlives each of them.
struct log {
  std::array<std::atomic<unsigned char>, most_items> begun, put, got;
};
static_assert(std::atomic<unsigned char>::is_always_lock_free);

struct round_log {
  round_log()
      : at(static_cast<log*>(::mmap(nullptr, sizeof(log), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~round_log() { ::munmap(at, sizeof(log)); }
  round_log(round_log const&) = delete;
  round_log& operator=(round_log const&) = delete;
  log* const at;
};

// ---- a victim ------------------------------------------------------------------------------------

step fatal_step;
std::atomic<int> steps_to_live;

void count_down(step at) {
  if (at == fatal_step && steps_to_live.fetch_sub(1) == 1) ::kill(::getpid(), SIGKILL);
}

struct fate {
  enum { lives, at_a_step, at_a_moment } how = lives;
  step at{};
  int times = 0;

  void await() const {
    if (how != at_a_step) return;
    fatal_step = at;
    steps_to_live.store(times);
    coir::detail::step_hook.store(&count_down);
  }
};

fate draw_fate(std::mt19937& random, bool may_die) {
  fate drawn;
  if (!may_die) return drawn;
  drawn.how = random() % 3 != 0 ? fate::at_a_step : fate::at_a_moment;
  drawn.at = static_cast<step>(random() % static_cast<unsigned>(step::count));
  drawn.times = 1 + static_cast<int>(random() % 8);
  return drawn;
}

// ---- what they do --------------------------------------------------------------------------------

template <class Item>
void produce(coir::shared<coir::queue<Item>> const& queue, log& seen, std::uint64_t first,
             std::uint64_t count, unsigned how) {
  for (std::uint64_t i = first; i < first + count; ++i) {
    seen.begun[i].store(1);
    Item const item = item_of<Item>(i);
    if (how % 3 == 0) {
      while (!queue.put_for(item, 100us)) {
      }
    } else if (how % 3 == 1) {
      while (!queue.try_put(item)) ::sched_yield();
    } else {
      queue.put(item);
    }
    seen.put[i].store(1);
  }
}

template <class Item>
void consume(coir::shared<coir::queue<Item>> const& queue, log& seen, coir::ack when,
             unsigned how) {
  auto const deal_with = [&](Item const& item) {
    ++seen.got[as_number(item)];
    if (when == coir::ack::manual) queue.task_done();
  };
  try {
    for (;;) {
      if (how % 3 == 0) {
        if (auto const item = queue.get_for(100us)) deal_with(*item);
      } else if (how % 3 == 1) {
        if (auto const item = queue.try_get()) deal_with(*item);
      } else {
        deal_with(queue.get());
      }
    }
  } catch (coir::queue_shut_down const&) {
  }
}

/// As itself, or as several fibers.
template <class F>
void work(unsigned how, F const& part) {
  if (how % 4 != 0) return part(how);
  coir::run([&] {
    coir::group([&](coir::task_group& tasks) {
      for (unsigned i = 0; i < 3; ++i) tasks.spawn([&part] { part(2); });
    });
  });
}

// ---- a round -------------------------------------------------------------------------------------

/// A minute is never, however busy the machine is.
bool ends_in_time(child const& process) { return process.ends_within(60'000); }

struct participant {
  child process;
  fate end;
  bool consumes;
};

template <class Item>
void play(std::uint32_t seed, coir::ack when) {
  std::mt19937 random(seed);
  round_log seen;
  coir::shared<coir::queue<Item>> const queue(1 + random() % 6, when);
  std::uint64_t const per_producer = 100;
  std::vector<participant> producers, consumers;
  auto const count = [&] { return 1 + random() % 2; };
  std::size_t const producing = count();
  std::size_t const consuming = count();
  for (std::size_t i = 0; i < producing; ++i) {
    fate const end = draw_fate(random, random() % 2 == 0);
    unsigned const how = static_cast<unsigned>(random());
    producers.push_back({child([&] {
                           end.await();
                           produce(queue, *seen.at, i * per_producer, per_producer, how);
                         }),
                         end, false});
  }
  for (std::size_t i = 0; i < consuming; ++i) {
    fate const end = draw_fate(random, i > 0 || random() % 2 == 0);
    unsigned const how = static_cast<unsigned>(random());
    consumers.push_back({child([&] {
                           end.await();
                           work(how, [&](unsigned way) { consume(queue, *seen.at, when, way); });
                         }),
                         end, true});
  }
  // One who lives, so that all can be got.
  child last([&] { consume(queue, *seen.at, when, 2); });

  std::uint64_t may_be_lost = 0;
  for (auto* const side : {&producers, &consumers}) {
    for (participant& each : *side) {
      // Here get() has as good as returned.
      if (each.consumes && each.end.how == fate::at_a_step && each.end.at == step::block_left)
        ++may_be_lost;
      if (each.end.how != fate::at_a_moment) continue;
      auto const moment =
          std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 500);
      while (std::chrono::steady_clock::now() < moment) {
      }
      each.process.kill();
      if (each.consumes) may_be_lost += 3;  // one for each of its fibers
    }
  }
  for (participant& each : producers) {
    ASSERT_TRUE(ends_in_time(each.process)) << "a producer hangs";
    int const code = each.process.wait();
    ASSERT_TRUE(code == 0 || code == 128 + SIGKILL) << code;
  }
  child auditor([&] {
    queue.shutdown();
    consume(queue, *seen.at, when, 2);
  });
  ASSERT_TRUE(ends_in_time(auditor)) << "the auditor hangs";
  ASSERT_EQ(auditor.wait(), 0);
  ASSERT_TRUE(ends_in_time(last)) << "the last consumer hangs";
  ASSERT_EQ(last.wait(), 0);
  for (participant& each : consumers) {
    ASSERT_TRUE(ends_in_time(each.process)) << "a consumer hangs";
    int const code = each.process.wait();
    ASSERT_TRUE(code == 0 || code == 128 + SIGKILL) << code;
  }
  // A death after the auditor's last look puts its item back: look once more.
  child again([&] {
    consume(queue, *seen.at, when, 2);
    return when == coir::ack::automatic || queue.statistics().unfinished == 0;
  });
  ASSERT_TRUE(ends_in_time(again)) << "the second auditor hangs";
  ASSERT_EQ(again.wait(), 0) << "items are unfinished, and nobody has them";

  std::uint64_t may_be_doubled = 0;
  if (when ==
      coir::ack::manual) {  // what a dead one had is another's, be it that it was dealt with
    may_be_lost = 0;
    for (participant const& each : consumers)
      if (each.end.how != fate::lives) may_be_doubled += 3;
  }
  std::uint64_t lost = 0, doubled = 0;
  for (std::size_t i = 0; i < most_items; ++i) {
    if (seen.at->got[i].load() > 1) doubled += seen.at->got[i].load() - 1U;
    if (seen.at->got[i].load() != 0) {
      ASSERT_EQ(seen.at->begun[i].load(), 1) << "item " << i << " was never put";
    }
    if (seen.at->put[i].load() != 0 && seen.at->got[i].load() == 0) ++lost;
  }
  ASSERT_LE(doubled, may_be_doubled) << "items were got twice";
  ASSERT_LE(lost, may_be_lost) << "items are gone, and nobody had got them";
}

bool maps_shared_memory() {
  std::ifstream maps("/proc/self/maps");
  std::string line;
  while (std::getline(maps, line))
    if (line.find("coir-shared") != std::string::npos) return true;
  return false;
}

TEST(SharedChaosTest, NobodyHangsAndNoItemIsLostOrDoubled) {
  char const* const asked = std::getenv("COIR_CHAOS_ROUNDS");
  char const* const chosen = std::getenv("COIR_CHAOS_SEED");
  int const usual = COIR_TSAN   ? 5
                    : COIR_ASAN ? 20
                                : 100;  // a fork takes ten to fifty times as long there
  int const rounds = asked != nullptr ? std::atoi(asked) : usual;
  std::uint32_t const first =
      chosen != nullptr ? static_cast<std::uint32_t>(std::atoi(chosen)) : std::random_device{}();
  int const descriptors = contract::open_descriptors();
  for (int i = 0; i < rounds; ++i) {
    std::uint32_t const seed = first + static_cast<std::uint32_t>(i);
    SCOPED_TRACE("COIR_CHAOS_SEED=" + std::to_string(seed));
    coir::ack const when = seed / 2 % 2 == 0 ? coir::ack::automatic : coir::ack::manual;
    if (seed % 2 == 0) {
      play<std::uint64_t>(seed, when);
    } else {
      play<std::string>(seed, when);
    }
    if (HasFatalFailure()) return;
  }
  EXPECT_EQ(contract::open_descriptors(), descriptors);
  EXPECT_FALSE(maps_shared_memory());
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // no zombie
}

}  // namespace
