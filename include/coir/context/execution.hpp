// SPDX-License-Identifier: BSL-1.0
/// Where a suspended execution goes on.

#pragma once

namespace coir::detail {

struct stack;

/// A flow of control that is not running now, and the stack it lies on.
struct execution {
  void* resume_at = nullptr;  // null: has never run
  stack* on = nullptr;
};

}  // namespace coir::detail
