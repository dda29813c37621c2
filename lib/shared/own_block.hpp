// SPDX-License-Identifier: BSL-1.0
/// A block of the caller's own, for one operation at a shared queue.

#pragma once

#include "shared/queue_body.hpp"

namespace coir::detail {

/// Frees its block at the end, if it has one; to be made before the place that has the block's item.
class queue_body::own_block {
 public:
  explicit own_block(queue_body& in) noexcept : in_(in) {}
  ~own_block() {
    if (has_) give_up();
  }
  own_block(own_block const&) = delete;
  own_block& operator=(own_block const&) = delete;

  /// Copies or packs the item into a block, if it is to be in one. Returns what goes through the ring.
  ///   Throws: std::length_error if it is too big; what packing it throws.
  void const* fill(item_source item) {
    if (!in_.plan_.in_blocks) [[likely]]
      return item.from;
    pack(item);
    return &block_;
  }
  /// It is an item's from now on.
  void release() noexcept { has_ = false; }
  /// The caller has this one.
  void adopt(in_block const& which) noexcept;

 private:
  void pack(item_source item);
  void give_up() noexcept;

  queue_body& in_;
  bool has_ = false;
  in_block block_{};
};

}  // namespace coir::detail
