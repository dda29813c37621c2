// SPDX-License-Identifier: BSL-1.0
/// Several failures as one exception.

#pragma once

#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <coir/base/config.hpp>

namespace coir {

/// Thrown by a task group in which something failed: every failure, in order of completion (G2).
///   Mirrors: Python's ExceptionGroup.
class COIR_EXPORT exception_group : public std::exception {
 public:
  /// `errors` is not empty.
  explicit exception_group(std::vector<std::exception_ptr> errors);

  /// "2 failures: cannot connect to 4; disk full".
  [[nodiscard]] char const* what() const noexcept override { return text_.c_str(); }

  /// Every failure on a line of its own, with its type, nested groups as branches:
  ///
  ///     2 failures
  ///     |- std::runtime_error: disk full
  ///     `- 1 failure
  ///        `- std::out_of_range: no port 4
  [[nodiscard]] std::string tree() const;

  [[nodiscard]] std::vector<std::exception_ptr> const& errors() const noexcept { return errors_; }

  /// Every member that is an `E`: of a nested group its members, never the group itself. They live as long as this group
  /// or a copy of it.
  template <class E>
  [[nodiscard]] std::vector<E const*> get() const {
    std::vector<E const*> found;
    collect(found);
    return found;
  }

  /// The members that are an `E`, and the others; nested groups are split too. Nothing: no such member.
  template <class E>
  [[nodiscard]] std::pair<std::optional<exception_group>, std::optional<exception_group>> split()
      const {
    std::vector<std::exception_ptr> matching;
    std::vector<std::exception_ptr> rest;
    for (std::exception_ptr const& each : errors_) {
      try {
        std::rethrow_exception(each);
      } catch (exception_group const& nested) {
        auto [in, out] = nested.split<E>();
        if (in) matching.push_back(std::make_exception_ptr(*in));
        if (out) rest.push_back(std::make_exception_ptr(*out));
      } catch (...) {
        (is_a<E>() ? matching : rest).push_back(each);
      }
    }
    return {group_of(std::move(matching)), group_of(std::move(rest))};
  }

 private:
  template <class E>
  void collect(std::vector<E const*>& found) const {
    for (std::exception_ptr const& each : errors_) {
      try {
        std::rethrow_exception(each);
      } catch (exception_group const& nested) {
        nested.collect(found);
      } catch (...) {
        if (E const* const member = is_a<E>()) found.push_back(member);
      }
    }
  }

  /// The exception that is being handled, if it is an `E`.
  template <class E>
  static E const* is_a() {
    try {
      throw;
    } catch (E const& e) {
      return &e;
    } catch (...) {
      return nullptr;
    }
  }

  static std::optional<exception_group> group_of(std::vector<std::exception_ptr> errors) {
    if (errors.empty()) return std::nullopt;
    return exception_group(std::move(errors));
  }

  std::vector<std::exception_ptr> errors_;
  std::string text_;
};

}  // namespace coir
