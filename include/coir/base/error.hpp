// SPDX-License-Identifier: BSL-1.0
/// What coir throws.

#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <coir/base/config.hpp>

namespace coir {

/// Who asked for a cancel.
enum class cancel_cause : unsigned char {
  requested,       ///< cancel() was called
  deadline,        ///< a timeout's or cancel_scope's time ran out
  sibling_failed,  ///< another task of the group failed
  shutdown,        ///< run() is ending
  interrupted,     ///< SIGINT
};

/// The standard word for a cause: "requested", "deadline", …
COIR_EXPORT char const* to_string(cancel_cause cause) noexcept;

/// Why a scope was cancelled: the first reason given, never overwritten (C9). Copying cannot fail.
class COIR_EXPORT cancel_reason {
 public:
  explicit cancel_reason(cancel_cause cause = cancel_cause::requested) noexcept : cause_(cause) {}
  cancel_reason(cancel_cause cause, std::string text);

  cancel_reason(cancel_reason const& other) noexcept : cause_(other.cause_), text_(other.text_) {
    if (text_ != nullptr) hold();
  }
  cancel_reason(cancel_reason&& other) noexcept
      : cause_(other.cause_), text_(std::exchange(other.text_, nullptr)) {}
  cancel_reason& operator=(cancel_reason other) noexcept {
    cause_ = other.cause_;
    std::swap(text_, other.text_);
    return *this;
  }
  ~cancel_reason() {
    if (text_ != nullptr) let_go();
  }

  [[nodiscard]] cancel_cause cause() const noexcept { return cause_; }
  [[nodiscard]] std::string text() const;

 private:
  struct shared_text;
  COIR_COLD void hold() noexcept;
  COIR_COLD void let_go() noexcept;

  cancel_cause cause_;
  shared_text* text_ = nullptr;  // null: no text was given
};

/// Thrown by a suspension point inside a cancelled scope (C2).
///
/// Not a std::exception, so that `catch (std::exception const&)` in a retry loop does not eat it.
/// Let it pass: the scope that was cancelled absorbs it.
class COIR_EXPORT cancelled {
 public:
  explicit cancelled(cancel_reason reason) noexcept : reason_(std::move(reason)) {}
  [[nodiscard]] cancel_reason const& reason() const noexcept { return reason_; }

 private:
  cancel_reason reason_;
};

/// Thrown by run() when SIGINT has ended its main task (G5).
///
/// Not a std::exception, as `cancelled`: whoever catches errors, to go on after them, does not mean this one.
/// main() catches it, and returns 130 as shells expect.
/// Mirrors: Python's KeyboardInterrupt.
class COIR_EXPORT interrupted {};

/// Thrown by timeout() when its own deadline ended the work (T1). The library's one timeout error.
class COIR_EXPORT timeout_error : public std::runtime_error {
 public:
  explicit timeout_error(std::string const& what = "timed out") : std::runtime_error(what) {}
};

/// Thrown by put() and get() on a queue after shutdown() (Q2).
class COIR_EXPORT queue_shut_down : public std::runtime_error {
 public:
  queue_shut_down() : std::runtime_error("queue was shut down") {}
};

/// Thrown from the yield of a generator's body of which nobody wants anything more.
///
/// Not a std::exception, as `cancelled`: let it pass, and the body's destructors clean up.
/// Mirrors: Python's GeneratorExit.
class COIR_EXPORT generator_closed {};

/// Thrown to those who wait for a lock whose owner ended without unlocking it (Q3).
class COIR_EXPORT broken_lock : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Thrown to those who wait for a promise that was destroyed before it was settled.
class COIR_EXPORT broken_promise : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Thrown to those who wait at a barrier that was aborted or reset (Q5).
class COIR_EXPORT broken_barrier : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Thrown where a wait can never end: on `serial`, and in virtual time (S5). Names the waits.
class COIR_EXPORT deadlock : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace coir
