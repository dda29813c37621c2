// SPDX-License-Identifier: BSL-1.0
/// outcome<T>: how a call ended, as a value.

#pragma once

#include <exception>
#include <type_traits>
#include <utility>
#include <variant>

#include <coir/base/check.hpp>
#include <coir/base/error.hpp>

namespace coir {

/// A result, or the exception that came in its place; a cancel is one too, and cancelled() tells.
///
/// `outcome<void>` holds a std::monostate.
/// Mirrors: std::expected<T, std::exception_ptr>.
template <class T>
class outcome {
  using held = std::conditional_t<
      std::is_void_v<T>, std::monostate,
      std::conditional_t<std::is_reference_v<T>, std::add_pointer_t<T>, std::remove_cv_t<T>>>;

 public:
  /// What value() refers to.
  using value_type =
      std::conditional_t<std::is_void_v<T>, std::monostate, std::remove_reference_t<T>>;

  /// A result.
  template <class... Args>
  explicit outcome(std::in_place_t, Args&&... args)
      : state_(std::in_place_index<0>, std::forward<Args>(args)...) {}
  /// An exception, which is not null.
  explicit outcome(std::exception_ptr error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

  /// The result.
  ///   Throws: the exception, if there is one instead.
  [[nodiscard]] value_type& value() & { return get(*this); }
  [[nodiscard]] value_type const& value() const& { return get(*this); }
  [[nodiscard]] value_type&& value() && { return static_cast<value_type&&>(get(*this)); }

  [[nodiscard]] value_type& operator*() & { return get(*this); }
  [[nodiscard]] value_type const& operator*() const& { return get(*this); }
  [[nodiscard]] value_type* operator->() { return &get(*this); }
  [[nodiscard]] value_type const* operator->() const { return &get(*this); }

  /// The exception, or null.
  [[nodiscard]] std::exception_ptr error() const noexcept {
    return has_value() ? nullptr : *std::get_if<1>(&state_);
  }

  /// Whether it ended by being cancelled.
  [[nodiscard]] bool cancelled() const {
    if (has_value()) return false;
    try {
      std::rethrow_exception(error());
    } catch (coir::cancelled const&) {
      return true;
    } catch (...) {
      return false;
    }
  }

 private:
  template <class Self>
  static auto& get(Self& self) {
    if (!self.has_value()) std::rethrow_exception(self.error());
    if constexpr (std::is_reference_v<T>) {
      return **std::get_if<0>(&self.state_);
    } else {
      return *std::get_if<0>(&self.state_);
    }
  }

  std::variant<held, std::exception_ptr> state_;
};

}  // namespace coir
