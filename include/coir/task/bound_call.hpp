// SPDX-License-Identifier: BSL-1.0
/// A call that is still to be made: a function and its arguments.

#pragma once

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

namespace coir {
class input_archive;
}

namespace coir::detail {

// What was packed, where a call is made in another process; see portable.hpp.
template <class T>
T load(input_archive& in);
template <class F>
F load_function(input_archive& in);

/// One of the arguments that a call keeps.
template <std::size_t Place, class T>
struct kept_argument {
  template <class From>
  explicit kept_argument(From&& from) : value(std::forward<From>(from)) {}
  kept_argument(std::in_place_t, input_archive& in) : value(load<T>(in)) {}

  T value;
};

template <class F, class Places, class... Args>
struct call_with;

/// What calls with arguments are made of. std::tuple and std::apply would do as well, and took a third of
/// the time that a file of spawns takes to compile.
template <class F, std::size_t... Places, class... Args>
struct call_with<F, std::index_sequence<Places...>, Args...> : kept_argument<Places, Args>... {
  using result = std::invoke_result_t<F, Args...>;

  template <class G, class... Given>
  requires(sizeof...(Given) == sizeof...(Args)) explicit call_with(std::in_place_t, G&& f,
                                                                   Given&&... args)
      : kept_argument<Places, Args>(std::forward<Given>(args))..., function(std::forward<G>(f)) {}
  explicit call_with(input_archive& in)
      : kept_argument<Places, Args>(std::in_place, in)..., function(load_function<F>(in)) {}

  /// Makes the call, once: what was kept is moved into it.
  result operator()() && {
    if constexpr (std::is_member_pointer_v<F>) {
      return std::invoke(function, std::move(kept_argument<Places, Args>::value)...);
    } else {
      return std::move(function)(std::move(kept_argument<Places, Args>::value)...);
    }
  }

  F function;
};

/// A function and its arguments, kept by value as std::thread does.
template <class F, class... Args>
struct bound_call final : call_with<F, std::index_sequence_for<Args...>, Args...> {
  using bound_call::call_with::call_with;
  bound_call(std::in_place_t, bound_call&& same) : bound_call(std::move(same)) {}
  bound_call(std::in_place_t, bound_call const& same) : bound_call(same) {}
};

/// Most calls have no arguments.
template <class F>
struct bound_call<F> final {
  using result = decltype(std::declval<F>()());

  template <class G>
  requires(!std::is_same_v<std::remove_cvref_t<G>, bound_call>) bound_call(std::in_place_t, G&& f)
      : function(std::forward<G>(f)) {}
  bound_call(std::in_place_t, bound_call&& same) : function(std::move(same.function)) {}
  bound_call(std::in_place_t, bound_call const& same) : function(same.function) {}
  explicit bound_call(input_archive& in) : function(load_function<F>(in)) {}

  result operator()() && { return std::move(function)(); }

  F function;
};

template <class F, class... Args>
struct binding {
  using type = bound_call<F, Args...>;
};
/// A call is bound already.
template <class F, class... Args>
struct binding<bound_call<F, Args...>> {
  using type = bound_call<F, Args...>;
};
template <class F, class... Args>
using bound = typename binding<std::decay_t<F>, std::decay_t<Args>...>::type;

}  // namespace coir::detail
