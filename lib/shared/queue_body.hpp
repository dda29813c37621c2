// SPDX-License-Identifier: BSL-1.0
/// A queue of bytes in shared memory: the ring, its two ends, and who waits there.
///
/// Those who get and those who put have a lock each, so that one of either side never waits for the
/// other; nobody ever holds both. An item lies in the ring from `head` to `tail`. To take one is to
/// copy it into a place, and only then to advance `head`: until get() has returned, the place has it, and
/// who buries a dead process puts it back from there. Behind those in the ring there is room for all
/// that may come back.
/// Not chosen: a ring without locks, which a dead process leaves with a gap that nobody can tell from
/// one that is just being filled.
///
/// Big items, and those that are packed, lie in blocks of their own, and only the number of its block goes
/// through the ring. So a big item is copied twice in all, and outside of the locks. A block belongs to who
/// has taken it, until somebody else has: when he is buried, those of his blocks that no item lies in, in
/// the ring or in a place, are free again.
///
/// Where items are acknowledged, the place keeps its item after get() has returned, and its block too; so what a
/// death puts back is found in the same way. task_done() leaves the oldest one. The places are the bound
/// of how many there can be: with it there is room in the ring for all that may come back.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <coir/queue/shared_body.hpp>

#include "shared/segment.hpp"

namespace coir::detail {

/// What an end of the queue was about to do: written down under its lock, crossed out when done.
enum class intent : std::uint32_t { none, take, hand, give_back, drop, drop_one, admit };

struct queue_memory : segment_head {
  // Of those who get; guarded by their lock, but for what others may read.
  struct alignas(64) {
    robust_lock lock;
    std::atomic<intent> plan{intent::none};
    std::atomic<std::uint64_t> head{
        0};  // the first item; putters read it when the queue looks full
    std::atomic<std::uint64_t> dropped{0};  // items that nobody will ever get, or get again
    std::atomic<std::uint64_t> plan_head{0};
    std::atomic<std::uint64_t> plan_dropped{0};
    std::uint64_t tail_seen = 0;
    std::uint64_t takes = 0;
    std::atomic<std::uint32_t> plan_place{0};
    std::uint64_t turns = 0;
  } get;
  // Of those who put; likewise.
  struct alignas(64) {
    robust_lock lock;
    std::atomic<intent> plan{intent::none};
    std::atomic<std::uint32_t> plan_place{0};
    std::atomic<std::uint64_t> plan_tail{0};
    std::atomic<std::uint64_t> tail{0};  // behind the last item; it counts those that were ever put
    std::uint64_t head_seen = 0;
    std::uint64_t turns = 0;
    std::atomic<int> cpu{0};  // one more than his who last had to look for room; 0: nobody had
  } put;
  // What everybody reads, and who waits changes.
  struct alignas(64) {
    std::atomic<std::uint32_t> getters{0};
    std::atomic<std::uint32_t> putters{0};
    std::atomic<std::uint32_t> joiners{0};
    std::atomic<bool> shut_down{false};
    std::atomic<bool> dropping{false};
  } waiting;
  alignas(64) std::atomic<std::uint64_t> done{0};  // calls of task_done()
  std::atomic<std::uint32_t> blocks_used{0};       // those behind were never used
};

class queue_body final : public shared_queue_body, public segment {
 public:
  /// `keeps`: each item is kept by its taker until it is acknowledged.
  queue_body(std::size_t capacity, item_shape items, bool keeps);
  /// That in `file`, of the same sizes.
  queue_body(descriptor file, std::size_t capacity, item_shape items, bool keeps);
  ~queue_body() override {
    if (plan_.keeps) give_back_kept();
    leave();
  }

  void pack(output_archive& out) override;

  bool put(item_source item, time_point deadline) override;
  bool try_put(item_source item) override;
  bool get(item_sink into, time_point deadline) override;
  bool try_get(item_sink into) override;
  void task_done() override;
  void join() override;
  void shut_down(bool immediate) override;
  [[nodiscard]] queue_statistics statistics() override;
  void end_loan(std::size_t which, bool give_back) noexcept override;

  /// How many blocks are not free: for tests.
  [[nodiscard]] std::size_t blocks_taken() const noexcept;

 private:
  /// Where the parts of the memory begin. The same in every process.
  struct plan_of_memory {
    plan_of_memory(std::size_t capacity, item_shape items, bool keeps);
    std::size_t capacity;
    item_shape items;
    bool in_blocks;         // each has a block of its own
    bool keeps;             // each is its place's until task_done()
    bool plain;             // neither: once one is copied out of its place, that is all
    std::size_t in_ring;    // bytes of an item there: itself, or where it is
    std::size_t stride;     // from one of them to the next
    std::size_t ring_mask;  // a power of two items, less one
    std::size_t in_places;  // where the places' items begin
    std::size_t ring;       // where the ring begins
    std::size_t owners;     // where the words of the blocks' owners begin
    std::size_t blocks;     // where the blocks begin
    std::size_t block_stride;
    std::size_t most_blocks;
    std::size_t total;
  };
  explicit queue_body(plan_of_memory const& plan) : segment(plan.total), plan_(plan) {}
  queue_body(descriptor file, plan_of_memory const& plan)
      : segment(std::move(file), plan.total), plan_(plan) {}

  [[nodiscard]] queue_memory& memory() const noexcept {
    return static_cast<queue_memory&>(common());
  }
  [[nodiscard]] std::byte* in_ring(std::uint64_t position) const noexcept {
    return at(plan_.ring + (position & plan_.ring_mask) * plan_.stride);
  }
  [[nodiscard]] std::byte* in_place(place const& of) const noexcept {
    return at(plan_.in_places + index_of(of) * plan_.stride);
  }
  void copy(void* to, void const* from) const noexcept;

  /// What goes through the ring in place of an item that lies in a block.
  struct in_block {
    std::uint32_t index;
    std::uint32_t size;
  };
  class own_block;
  [[nodiscard]] in_block block_in(place const& of) const noexcept;
  [[nodiscard]] std::atomic<std::uint32_t>& owner_of(std::size_t block) const noexcept {
    return *reinterpret_cast<std::atomic<std::uint32_t>*>(at(plan_.owners + block * 4));
  }
  [[nodiscard]] std::byte* block_at(std::size_t index) const noexcept {
    return at(plan_.blocks + index * plan_.block_stride);
  }
  [[nodiscard]] std::uint32_t take_block();
  [[nodiscard]] bool take_block(std::uint32_t which) noexcept;
  void keep_block_of(std::byte const* item, std::uint32_t dead) noexcept;
  void free_blocks_of(std::uint32_t dead) noexcept;
  void deliver_item(own_place& own, own_block& left, item_sink into);
  void deliver_other(own_place& own, own_block& left, item_sink into);
  void got(own_place& own, own_block& left) noexcept;
  void take_back(place& own) noexcept;
  void make_sure_one_may_be_kept(place& own);
  [[nodiscard]] std::uint64_t unfinished() const noexcept;
  [[nodiscard]] bool looks_filled() const noexcept;
  [[nodiscard]] bool looks_roomy() const noexcept;

  // The end of those who get. With its lock held, but for the first and the last.
  void lock_getters() noexcept;
  void unlock_getters() noexcept;
  [[nodiscard]] bool has_item() noexcept;
  [[nodiscard]] bool take(place& own) noexcept;
  void hand(place& to, chosen& woken) noexcept;
  void give_back(place& from) noexcept;
  void drop(place* from, std::uint64_t head, std::uint64_t count) noexcept;
  void settle_getters(chosen& woken) noexcept;
  void write_down(intent what, place const* of, std::uint64_t head, std::uint64_t dropped) noexcept;
  void finish_plan_of_getters() noexcept;
  [[nodiscard]] static bool has_taken(place const& one) noexcept;
  void give_back_all_of(std::uint32_t taker) noexcept;
  void queue_getter(task_core const& running, place& own, std::uint32_t as) noexcept;
  [[nodiscard]] bool withdraw_getter(place& own, std::uint32_t from) noexcept;

  // The end of those who put; likewise.
  void lock_putters() noexcept;
  void unlock_putters() noexcept;
  [[nodiscard]] bool has_room() noexcept;
  void append(void const* item) noexcept;
  void admit(place& from, chosen& woken) noexcept;
  void settle_putters(chosen& woken) noexcept;
  void finish_plan_of_putters() noexcept;
  [[nodiscard]] bool withdraw_putter(place& own) noexcept;

  // Where items are acknowledged. Needs no lock.
  void keep(place& own) noexcept;
  void acknowledge();
  [[nodiscard]] place* first_kept() const noexcept;
  void give_back_kept() noexcept;

  /// Sees to it that nobody waits for what is there. Needs no lock.
  void serve() noexcept;

  void give_up_turn() noexcept;
  bool wait_for_item(task_core& self, place& own, time_point deadline);
  bool wait_for_room(task_core& self, place& own, time_point deadline);

  void bury(std::uint32_t dead, process_identity process) noexcept override;
  void bury_getters(std::uint32_t dead) noexcept;
  void bury_putters(std::uint32_t dead) noexcept;

  plan_of_memory const plan_;
  std::atomic<std::uint32_t> next_block_{0};     // where this process looks for a free one first
  std::atomic<std::uint32_t> turns_to_keep_{0};  // so often it does not give up its turn
  std::atomic<std::uint32_t> last_kept_{0};      // how many there were in the end
};

}  // namespace coir::detail
