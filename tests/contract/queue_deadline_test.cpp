// SPDX-License-Identifier: BSL-1.0
/// Items that come just when a getter gives up.

#include <optional>
#include <vector>

#include "contract/models.hpp"
#include "contract/queue_kinds.hpp"

namespace contract {
namespace {

class QueueDeadlineOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, QueueDeadlineOn, concurrent_models, model_name);

using QueueDeadlineInVirtualTime = virtual_run;

/// Items put at 0, 1, 3, 6, … `unit`s, and a consumer that gives up after 3 of them again and again:
/// items and deadlines fall together. `get_one` gets an item, or nothing within the time it is given.
template <class Queue, class Duration, class GetOne>
std::vector<int> got_at_expiry(Queue const& q, int count, Duration unit, GetOne get_one) {
  auto const start = coir::now();
  auto producer = coir::spawn([=] {
    for (int i = 0, at = 0; i < count; ++i, at += i) {
      coir::sleep_until(start + at * unit);
      q.put(i);
    }
    q.shutdown();
  });
  std::vector<int> got;
  try {
    for (;;)
      if (auto item = get_one(q, 3 * unit)) got.push_back(*item);
  } catch (coir::queue_shut_down const&) {
  }
  return got;
}

auto const by_get_for = [](auto const& q, auto limit) { return q.get_for(limit); };
auto const by_scope = [](auto const& q, auto limit) {
  std::optional<int> item;
  coir::move_on_after(limit, [&] { item = q.get(); });
  return item;
};

TEST_P(QueueDeadlineOn, QUE_11_AnItemThatComesJustAtTheDeadlineArrivesOnce) {
  in_run([] {
    std::vector const all{0, 1, 2, 3, 4, 5};
    for (int round = 0; round < 20; ++round) {
      on_each_fifo<int>(0, [&](auto q) { EXPECT_EQ(got_at_expiry(q, 6, 100us, by_get_for), all); });
      on_each_fifo<int>(0, [&](auto q) { EXPECT_EQ(got_at_expiry(q, 6, 100us, by_scope), all); });
    }
  });
}

TEST_F(QueueDeadlineInVirtualTime, QUE_11_AnItemThatComesAtTheVeryDeadlineArrivesOnce) {
  in_run([] {
    std::vector<int> all;
    for (int i = 0; i < 40; ++i) all.push_back(i);
    EXPECT_EQ(got_at_expiry(coir::queue<int>(), 40, 1s, by_get_for), all);
    EXPECT_EQ(got_at_expiry(coir::queue<int>(), 40, 1s, by_scope), all);
  });
}

// T3: who gave up leaves no trace in the queue
TEST_F(QueueDeadlineInVirtualTime, QUE_08_AGetterThatGaveUpIsPassedOver) {
  in_run([&] {
    coir::queue<int> q;
    auto impatient = coir::spawn([&] { return q.get_for(1s); });
    auto patient = coir::spawn([&] { return q.get(); });
    coir::sleep_for(2s);
    q.put(1);
    EXPECT_EQ(patient.get(), 1);
    EXPECT_EQ(impatient.get(), std::nullopt);
  });
}

}  // namespace
}  // namespace contract
